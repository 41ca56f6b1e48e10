"""Playback: acquire what a recording puts out on the card's wire, with the events of that recording beside it.

Nothing is moved. What was done to the junction, and when, is in the recording and not in its volts; so the events are
taken from the file, each at its own sample, and the same traces and holds are cut.
"""

from pathlib import Path
from typing import Any

from pymeasure.experiment import Parameter

from analysis.recording import Recording, RecordingError, RunHeader
from analysis.records import Event, EventKind
from procedures.errors import ImpossibleSetting
from procedures.procedure import Plan, RigProcedure
from procedures.station import Station
from procedures.steps import Acquire

CUTS = ("withdraw", "modulate", "sweep")
"""Steps that an analysis cuts out: openings, holds, sweeps of the bias."""

SAFE_MARK = "safe"
"""What a run says at its end about itself; another run must not say it in its place."""

RELATIVE = 1e-9


class Playback(RigProcedure):
    """Record again what a recording plays back on the rig's wires."""

    name = "playback"
    repeats = "steps"
    cycle = ""
    drives = False

    recording = Parameter(
        "Recording", description="The one that the rig plays: its events are taken from it, and its parameters.",
    )  # fmt: skip

    _read: tuple[str, RunHeader, int, tuple[Event, ...]] | None = None

    @property
    def total_cycles(self) -> int:
        """Openings, holds and sweeps in the recording."""
        return sum(self.counts(event) for event in self._content()[3])

    def counts(self, event: Event) -> bool:
        """Whether an event is the end of an opening, a hold or a sweep."""
        return event.kind is EventKind.STEP and event.name in CUTS and event.payload.get("phase") == "end"

    def values(self) -> dict[str, Any]:
        """The parameters of the recorded run, by which its traces are selected, and the file."""
        return {**self._content()[1].parameters, "playback_of": str(self.recording)}

    def check(self, station: Station) -> None:
        """Refuse a rig that is not set as the recording's was: its volts would mean something else."""
        _, header, _, _ = self._content()
        now = {
            "rate_Hz": station.rate_Hz,
            "current_gain_V_per_A": station.amplifier.gain_V_per_A,
            "current_offset_V": station.amplifier.offset_V,
            "series_resistance_ohm": station.amplifier.series_resistance_ohm,
            "extension_m_per_V": station.extension_m_per_V,
        }
        then = {"rate_Hz": header.rate_Hz, **header.settings}
        for name, value in now.items():
            recorded = then.get(name)
            if recorded is not None and abs(value - recorded) > RELATIVE * abs(recorded):
                raise ImpossibleSetting(
                    f"{name} is {value:.9g} on this rig and {recorded:.9g} in {self.recording}: use the rig file that "
                    f"hotjunction sim --recording {self.recording} writes.",
                    "recording",
                )

    def duration_s(self, station: Station) -> float:
        """As long as what was recorded."""
        return self._content()[2] / station.rate_Hz

    def plan(self, station: Station) -> Plan:
        """One step."""
        _, _, stop, events = self._content()
        yield Acquire(stop, events)

    def _content(self) -> tuple[str, RunHeader, int, tuple[Event, ...]]:
        """File, header, end, events; read once. Raises ``ImpossibleSetting`` if it can't be read."""
        file = str(self.recording or "")
        if self._read is None or self._read[0] != file:
            try:
                with Recording(Path(file)) as recording:
                    told = (e for e in recording.events if (e.kind, e.name) != (EventKind.MARK, SAFE_MARK))
                    events = tuple(sorted(told, key=lambda event: event.sample))
                    self._read = file, recording.header, recording.stop, events
            except RecordingError as error:
                raise ImpossibleSetting(f"recording: {error}", "recording") from None
        return self._read
