"""State of a commissioning in a file, so that it can be stopped and continued."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.commissioning.judgement import Judgement, Verdict
from app.config.toml import FileError

FILE = "commission.json"


@dataclass(frozen=True)
class Done:
    """A step that was done: its judgement, when, and its recordings."""

    judgement: Judgement
    when: str
    recordings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it for the file."""
        return {"when": self.when, "recordings": list(self.recordings), **self.judgement.to_json()}


@dataclass
class State:
    """Steps of a commissioning that were done.

    Parameters
    ----------
    rig : str
        Fingerprint of the rig file; another rig file begins anew.
    resistance_ohm : float
    began : str
    steps : dict of int to Done
    facts : dict
        Versions, instruments and addresses.
    """

    rig: str
    resistance_ohm: float
    began: str
    steps: dict[int, Done] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def verdict(self, number: int) -> Verdict:
        """Return the verdict of a step."""
        done = self.steps.get(number)
        return done.judgement.verdict if done else Verdict.NOT_DONE

    def passed(self, number: int) -> bool:
        """Return True if a step passed, perhaps with a warning."""
        return self.verdict(number) in (Verdict.PASS, Verdict.WARN)

    def save(self, folder: Path) -> None:
        """Write the state; a reader sees the old or the new one. Raises ``FileError``."""
        content = {**vars(self), "steps": {str(n): done.to_json() for n, done in sorted(self.steps.items())}}
        path = folder / FILE
        part = path.with_name(f"{FILE}.part")
        try:
            part.write_text(json.dumps(content, indent=1), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            raise FileError(f"{path}: can't be written ({error.strerror})") from None

    @classmethod
    def load(cls, folder: Path) -> "State | None":
        """Return the state in a folder; None if there is none. Raises ``FileError`` for an unusable one."""
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            steps = {
                int(number): Done(Judgement.from_json(done), done["when"], tuple(done["recordings"]))
                for number, done in content.pop("steps").items()
            }
            return cls(**content, steps=steps)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileError(f"{path}: not the state of a commissioning ({error})") from None
