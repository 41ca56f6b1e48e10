"""State of a commissioning in a file, so that it can be stopped and continued."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from analysis.bounded_files import read_json
from analysis.commissioning.judgement import Judgement, Verdict
from analysis.shared_files import write_file
from app.config.toml import FileError

CLOCK_BEHIND = timedelta(minutes=10)
"""Largest difference of two computers' clocks."""

FILE = "commission.json"
FOLDER = "commission-"
"""Beginning of the name of a session's folder; the date follows."""


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
    under_way : int
        Step that was begun and has not ended; 0 for none.
    """

    rig: str
    resistance_ohm: float
    began: str
    steps: dict[int, Done] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    under_way: int = 0

    def verdict(self, number: int) -> Verdict:
        """Return the verdict of a step."""
        done = self.steps.get(number)
        return done.judgement.verdict if done else Verdict.NOT_DONE

    def passed(self, number: int) -> bool:
        """Return True if a step passed, perhaps with a warning."""
        return self.verdict(number) in (Verdict.PASS, Verdict.WARN)

    def lapsed(self, number: int, valid_for: timedelta | None, now: datetime | None = None) -> str:
        """Return why a step that passed must be done again; "" if it need not.

        Parameters
        ----------
        number : int
        valid_for : timedelta or None
            Time for which it counts, at most until this computer is started again; None: for ever.
        now : datetime, optional
        """
        done = self.steps.get(number)
        if done is None or valid_for is None or not done.when:
            return ""
        now, when = now or datetime.now(UTC), datetime.fromisoformat(done.when)
        if now - when > valid_for:
            age_h, most_h = ((now - when) / timedelta(hours=1), valid_for / timedelta(hours=1))
            return f"it is {age_h:.0f} h old, and counts for {most_h:g} h"
        if when - now > CLOCK_BEHIND:
            return "its date lies in the future: this computer's clock is wrong, or was set back"
        if when.timestamp() < psutil.boot_time():
            return "this computer was started again since"
        return ""

    def save(self, folder: Path) -> None:
        """Write the state; a reader sees the old or the new one. Raises ``FileError``."""
        content = {**vars(self), "steps": {str(n): done.to_json() for n, done in sorted(self.steps.items())}}
        path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_file(path, json.dumps(content, indent=1))
        except OSError as error:
            raise FileError(f"{path}: can't be written ({error.strerror})") from None

    @classmethod
    def load(cls, folder: Path) -> "State | None":
        """Return the state in a folder; None if there is none. Raises ``FileError`` for an unusable one."""
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            content = read_json(path)
            steps = {
                int(number): Done(Judgement.from_json(done), done["when"], tuple(done["recordings"]))
                for number, done in content.pop("steps").items()
            }
            return cls(**content, steps=steps)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileError(f"{path}: not the state of a commissioning ({error})") from None


def usual_folder(parent: Path, fits: Callable[[State], bool], today: date) -> Path:
    """Return the folder of a session: the newest unfinished one that fits, else one of today.

    Parameters
    ----------
    parent : Path
        Folder of the sessions.
    fits : callable
        True for the state of a session that can be continued.
    today : date
    """
    sessions = sorted(parent.glob(f"{FOLDER}*/{FILE}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in sessions:
        try:
            state = State.load(file.parent)
        except FileError:
            continue
        if state is not None and fits(state):
            return file.parent
    return parent / f"{FOLDER}{today:%Y-%m-%d}"
