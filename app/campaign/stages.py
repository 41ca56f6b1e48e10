"""Stages of a campaign: parameters, recordings and progress."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from analysis.recording import Recording, RecordingError
from analysis.records import Event
from procedures.heating import Heating
from procedures.procedure import RigProcedure
from procedures.thermopower import Thermopower

Key = tuple[float, Fraction] | None
"""Key by which cycles are counted: amplitude in V and frequency in Hz of a hold, else None."""


@dataclass(frozen=True)
class Stage:
    """One procedure of the campaign, in one recording or, after interruptions, in several.

    Parameters
    ----------
    number : int
        Place in the campaign, for the names of the files.
    name : str
        "histogram", "iv", "heating", or "control-" and the name of the control.
    procedure : type of RigProcedure
    values : mapping
        Its parameters, with the total number of cycles of the campaign.
    """

    number: int
    name: str
    procedure: type[RigProcedure]
    values: Mapping[str, Any]

    def recordings(self, folder: Path) -> list[Path]:
        """Return the recordings of this stage so far, in order; copies (recovered, sealed, repaired) do not count."""
        named = folder.glob(f"{self._stem}-*.h5")
        return sorted((path for path in named if path.stem.rpartition("-")[2].isdecimal()), key=_part)

    def next_recording(self, folder: Path) -> Path:
        """Return the path of the next recording."""
        made = self.recordings(folder)
        return folder / f"{self._stem}-{_part(made[-1]) + 1 if made else 1}.h5"

    @property
    def _stem(self) -> str:
        return f"{self.number}-{self.name}"

    def done(self, folder: Path) -> Counter[Key]:
        """Return the valid cycles in the recordings so far.

        Raises
        ------
        RecordingError
            For a recording that can't be read.
        """
        total: Counter[Key] = Counter()
        for path in self.recordings(folder):
            total += cycles_of(path, self.whole())
        return total

    def whole(self) -> RigProcedure:
        """Return the procedure for the whole stage. Raises ``ImpossibleSetting``."""
        return self.procedure.from_values(self.values)

    def rest(self, folder: Path) -> RigProcedure | None:
        """Return the procedure for the missing cycles; None when the stage is complete."""
        whole, done = self.whole(), self.done(folder)
        if isinstance(whole, Heating):
            taken = [done[one.amplitude_V, one.frequency_Hz] for one in whole.conditions()]
            rest = self.procedure.from_values({**self.values, "taken": taken})
            return rest if rest.total_cycles else None
        missing = whole.total_cycles - done[None]
        if isinstance(
            whole, Thermopower
        ):  # the rest is spread over all differences, each of which needs its zero
            holds = math.ceil(missing / len(whole.dT))
            return self.procedure.from_values({**self.values, "holds": holds}) if missing > 0 else None
        return self.procedure.from_values({**self.values, whole.repeats: missing}) if missing > 0 else None


def cycles_of(path: Path, procedure: RigProcedure) -> Counter[Key]:
    """Return the valid cycles in one recording, even of a killed run."""
    try:
        with Recording(path) as recording:
            return Counter(_key(event) for event in recording.events if procedure.counts(event))
    except RecordingError as error:
        raise RecordingError(
            f"{error} It can't be counted: move it out of the campaign's folder to go on without it."
        ) from None


def _key(event: Event) -> Key:
    amplitude, frequency = event.payload.get("amplitude_V"), event.payload.get("frequency_Hz")
    return None if amplitude is None or frequency is None else (float(amplitude), Fraction(frequency))


def _part(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])
