"""Playback: acquire the signals of a recording again from the card, together with the recording's events.

Nothing is moved. The signals alone do not contain the steps of the run, so the events are copied from the file, each
at its own sample, and the same traces and holds result.
"""

from pathlib import Path
from typing import Any

from analysis.recording import Recording, RecordingError, RunHeader
from analysis.records import TIE, Event, EventKind
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.pymeasure_types import Parameter
from procedures.steps import Acquire

CUTS = ("withdraw", "modulate", "sweep")
"""Steps that an analysis cuts out of a recording: openings, holds, sweeps of the bias."""

SAFE_MARK = "safe"
"""Mark at a run's end that confirms its own safe state, so it is not copied from another run."""

RELATIVE = 1e-9

OWN = (SAFE_MARK, TIE)
"""Marks that a run makes of its own end and of its own time of day."""


class Playback(RigProcedure):
    """Record the signals of a recording that the simulated rig plays back."""

    name = "playback"
    repeats = "steps"
    cycle = ""
    drives = False
    offered = False

    recording = Parameter(
        "Recording", description="Recording that the rig plays back; events and parameters are taken from it.",
    )  # fmt: skip

    _read: tuple[str, RunHeader, int, tuple[Event, ...]] | None = None

    @property
    def total_cycles(self) -> int:
        """Number of openings, holds and sweeps in the recording."""
        return sum(self.counts(event) for event in self._content()[3])

    def counts(self, event: Event) -> bool:
        """Return True if an event ends an opening, a hold or a sweep."""
        return event.kind is EventKind.STEP and event.name in CUTS and event.payload.get("phase") == "end"

    def values(self) -> dict[str, Any]:
        """Return the parameters of the recorded run, which select its traces, and the file's name."""
        return {**self._content()[1].parameters, "playback_of": str(self.recording)}

    def check(self, context: ProcedureContext) -> None:
        """Refuse a rig whose settings differ from the recording's: its volts would mean something else."""
        _, header, _, _ = self._content()
        now = {
            "rate_Hz": context.rate_Hz,
            "current_gain_V_per_A": context.amplifier.gain_V_per_A,
            "current_inverting": context.amplifier.inverting,
            "current_offset_V": context.amplifier.offset_V,
            "series_resistance_ohm": context.amplifier.series_resistance_ohm,
            "extension_m_per_V": context.extension_m_per_V,
        }
        then = {"rate_Hz": header.rate_Hz, "current_inverting": False, **header.settings}
        for name, value in now.items():
            recorded = then.get(name)
            if recorded is not None and abs(value - recorded) > RELATIVE * abs(recorded):
                raise ImpossibleSetting(
                    f"{name} is {value:.9g} on this rig but {recorded:.9g} in {self.recording}. Use the rig file that "
                    f"`hotjunction sim --recording {self.recording}` writes.",
                    "recording",
                )

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the duration of the recording, in s."""
        return self._content()[2] / context.rate_Hz

    def plan(self, context: ProcedureContext) -> Plan:
        """Acquire the whole recording in one step."""
        _, _, stop, events = self._content()
        yield Acquire(stop, events)

    def _content(self) -> tuple[str, RunHeader, int, tuple[Event, ...]]:
        """Return file, header, end and events, read once. Raises ``ImpossibleSetting`` if the file can't be read."""
        file = str(self.recording or "")
        if self._read is None or self._read[0] != file:
            try:
                with Recording(Path(file)) as recording:
                    kept = (e for e in recording.events if e.kind is not EventKind.MARK or e.name not in OWN)
                    events = tuple(sorted(kept, key=lambda event: event.sample))
                    self._read = file, recording.header, recording.stop, events
            except RecordingError as error:
                raise ImpossibleSetting(f"recording: {error}", "recording") from None
        return self._read
