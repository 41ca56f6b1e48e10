"""Traces, holds and sweeps cut from a stream, each kept once."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable

import numpy as np

from analysis.disk_backed_list import DiskBackedList
from analysis.heating.holds import Hold, HoldSegmenter
from analysis.iv.sweeps import Sweep, SweepSegmenter
from analysis.junction_noise.stretches import HeldStretch, StretchSegmenter
from analysis.recording import RunHeader
from analysis.records import Block, Event, Trace
from analysis.reduce import Reducer
from analysis.second_current import SecondCurrent
from analysis.segmentation import thermocouple_full_scale_V
from analysis.thermoelectric.ac_traces import ACSegmenter, ACTrace
from analysis.thermoelectric.noise_holds import NoiseHold, NoiseSegmenter
from analysis.thermoelectric.rupture_holds import RuptureHold, RuptureSegmenter
from analysis.thermoelectric.thermopower_holds import ThermopowerHold, ThermopowerSegmenter
from analysis.traces.segmenter import Segmenter
from app.viewmodels.iv_view import JunctionNumbers
from app.viewmodels.signals import known_calibration
from procedures.registry import evaluated_as

Record = Trace | Hold | Sweep | ThermopowerHold | RuptureHold | ACTrace | HeldStretch | NoiseHold

Kept = tuple[Record, bool]
"""Record, and whether it is new: one that is repeated after a jump is kept once."""


class Records:
    """All traces, holds and sweeps of a run so far; none if the gain is unknown.

    Methods return the records that they complete.

    Parameters
    ----------
    header : RunHeader
    """

    def __init__(self, header: RunHeader) -> None:
        self.traces: DiskBackedList[Trace] = DiskBackedList()
        self.holds: DiskBackedList[Hold] = DiskBackedList("programme")
        self.sweeps: DiskBackedList[Sweep] = DiskBackedList()
        """Sweeps with the voltage across the junction as bias, junctions numbered in order of appearance."""
        self.stretches: DiskBackedList[HeldStretch] = DiskBackedList()
        """Held stretches; after a jump the junctions have new numbers."""
        self._next_junction = 0
        self._header = header
        kinds = (Trace, Hold, Sweep, ThermopowerHold, RuptureHold, ACTrace, HeldStretch, NoiseHold)
        self._seen: dict[type, set[int]] = {kind: set() for kind in kinds}
        self._ends, self._indices = array("q"), array("q")  # of the traces in their order in the recording
        self._junctions: JunctionNumbers | None = None
        self.begin()

    def begin(self) -> None:
        """Begin another stream of the same run."""
        header, settings = self._header, self._header.settings
        calibration = known_calibration(header)
        self._reducers: list[Reducer] = []
        if calibration is not None and "current" in header.channel_names:
            extension = float(settings.get("extension_m_per_V") or np.nan)
            bias_V = settings.get("bias_V")
            gain = float(settings.get("thermocouple_gain") or np.nan)
            self._reducers = [
                Segmenter(calibration, extension, float("nan") if bias_V is None else float(bias_V)),
                HoldSegmenter(calibration, gain, thermocouple_full_scale_V(header)),
                SweepSegmenter(calibration),
                ThermopowerSegmenter.of(header, calibration, gain),
                RuptureSegmenter.of(header, calibration, gain),
                StretchSegmenter(calibration, self._next_junction),
            ]
            if evaluated_as(header.procedure) == "noise":
                self._reducers.append(NoiseSegmenter(calibration, SecondCurrent.of_settings(settings)))
            if evaluated_as(header.procedure) == "ac":
                self._reducers.append(ACSegmenter(calibration, gain, header))
            self._junctions = self._junctions or JunctionNumbers(calibration.series_resistance_ohm)

    def block(self, block: Block) -> list[Kept]:
        """Process the next samples."""
        return [kept for reducer in self._reducers for kept in self._kept(reducer.feed(block))]

    def event(self, event: Event) -> list[Kept]:
        """Process an event between the samples before and after it."""
        return [kept for reducer in self._reducers for kept in self._kept(reducer.event(event))]

    def close(self) -> list[Kept]:
        """Complete the open records at the end of the stream."""
        return [kept for reducer in self._reducers for kept in self._kept(reducer.close())]

    def ready_made(self, trace: Trace) -> list[Kept]:
        """Add a trace of a recording that has no samples from which to cut it."""
        return self._kept([trace])

    def traces_before(self, sample: int, most: int) -> list[Trace]:
        """Return at most ``most`` of the last traces that end before a sample."""
        number = bisect_right(self._ends, sample)
        return [self.traces[index] for index in self._indices[max(number - most, 0) : number]]

    def _kept(self, records: Iterable[Record]) -> list[Kept]:
        kept = []
        for record in records:
            seen = self._seen[type(record)]
            new = record.samples[0] not in seen
            if new:
                seen.add(record.samples[0])
                self._keep(record)
            kept.append((record, new))
        return kept

    def _keep(self, record: Record) -> None:
        match record:
            case Trace():
                index, place = self.traces.add(record), bisect_right(self._ends, record.samples[1])
                self._ends.insert(place, record.samples[1])
                self._indices.insert(place, index)
            case Hold():
                self.holds.add(record)
            case Sweep():
                assert self._junctions is not None  # set together with the reducer of sweeps
                self.sweeps.add(self._junctions.prepared(record))
            case HeldStretch():
                self.stretches.add(record)
                self._next_junction = max(self._next_junction, record.junction + 1)

    def dispose(self) -> None:
        """Delete the temporary files."""
        for records in (self.traces, self.holds, self.sweeps, self.stretches):
            records.close()
