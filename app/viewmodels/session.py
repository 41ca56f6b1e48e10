"""Session of one run, live or replayed: its records and all views of it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from analysis.heating.holds import Hold
from analysis.heating.junction_model import JunctionModel
from analysis.heating.model_json import to_plain
from analysis.heating.points import HeatingPoint
from analysis.iv.sweeps import Sweep
from analysis.recording import RunHeader
from analysis.records import NOTE, Block, Event, EventKind, Trace
from analysis.reduce import InOrder
from analysis.traces.result import Analysis
from app.offline.measurement import Measurement, turned_by_heat
from app.offline.recordings import RecordingKind, recording_kind
from app.offline.traces import Analysed
from app.replay.seek_context import SeekContext
from app.viewmodels.current_trace import CurrentTrace, TraceSnapshot
from app.viewmodels.heating_view import HeatingModel, HeatingSnapshot
from app.viewmodels.histogram_snapshot import HistogramSnapshot
from app.viewmodels.histogram_view import HistogramModel
from app.viewmodels.iv_view import IVModel, IVSnapshot
from app.viewmodels.noise_view import NoiseModel, NoiseSnapshot, open_G0_of
from app.viewmodels.options import SessionOptions
from app.viewmodels.records import Kept, Records
from app.viewmodels.signals import Decoder
from app.viewmodels.status_view import StatusSnapshot, StatusView
from app.viewmodels.strips import StripCharts, StripsSnapshot
from app.viewmodels.transmission_view import TransmissionModel, TransmissionSnapshot
from app.viewmodels.worker import AtOnce, ViewWorker

Item = Block | Event | Trace


@dataclass(frozen=True, eq=False)
class SessionSnapshot:
    """Snapshots of all views; an unchanged snapshot is the same object as before."""

    strips: StripsSnapshot
    trace: TraceSnapshot
    histogram: HistogramSnapshot
    iv: IVSnapshot
    heating: HeatingSnapshot
    transmission: TransmissionSnapshot
    noise: NoiseSnapshot
    status: StatusSnapshot


class Session:
    """Feeds all views with a stream and with the traces, holds and sweeps cut from it.

    One thread feeds the stream with `take`; any thread may request snapshots. Work longer than a frame is left to a
    worker.

    Parameters
    ----------
    header : RunHeader
    options : SessionOptions
    worker : Worker
        By default all work is done immediately, in the thread that calls `take`.
    name : str
        Name of the recording, for messages.
    total_cycles : int, optional
        Number of cycles of the run, if not in the header's parameters.
    """

    def __init__(
        self,
        header: RunHeader,
        options: SessionOptions | None = None,
        worker: ViewWorker | None = None,
        name: str = "",
        total_cycles: int | None = None,
    ) -> None:
        self.header, self.name = header, name
        self.options = options or SessionOptions()
        self._worker = worker or AtOnce()
        self._records = Records(header)
        self._steps: set[str] = set()
        self.notes: list[Event] = []
        """Notes made during the run, each once."""
        self._timed = header.rate_Hz > 0
        self._in_order = InOrder(self._block, self._event)
        self._decoder = Decoder(header)
        self.strips = StripCharts(timed=self._timed)
        self.trace = CurrentTrace(break_G0=self.options.histogram.break_G0)
        self.noise, self.status = NoiseModel(open_G0_of(header)), StatusView(header, total_cycles)
        self.transmission = TransmissionModel()
        chosen = self.options
        self.histogram = HistogramModel(self._records.traces, chosen.for_traces_of(header))
        self.iv = IVModel(self._records.sweeps, chosen.curves, chosen.model, self._on_model)
        self.heating = HeatingModel(
            self._records.holds, header, chosen.heating, chosen.probe_coupling_eV, self._on_points, name
        )
        self._show_model(chosen.model)

    # ---- the stream ----

    def feed(self, item: Item) -> None:
        """Process samples, an event, or (from a recording of traces without their samples) a trace."""
        match item:
            case Block():
                self._in_order.feed(item)
            case Event():
                self._in_order.on_event(item)
            case Trace():
                self._tell(self._records.ready_made(item))

    def close(self) -> None:
        """Complete the open records at the end of the stream."""
        self._in_order.close()
        self._tell(self._records.close())
        for view in (self.histogram, self.iv, self.heating):
            self._worker.ask(view.work)

    def jump(self, past: SeekContext) -> None:
        """Continue at another position in the same recording.

        Strips, trace, noise and status show the new position. Histograms, I-V and heating keep all records so far; a
        repeated record is counted once.

        Parameters
        ----------
        past : Past
            Summary of the recording before the position (see `app.replay.player.Player.look_back`).
        """
        self._in_order.jump()
        self._decoder = Decoder(self.header)
        self._records.begin()
        self.strips.jump(past.at)
        self.noise.jump()
        self.status.jump(past)
        last = self._records.traces_before(past.at, self.trace.kept)
        self.trace.jump(past.traces, last, self.header.rate_Hz)
        for event in past.settings:
            self._event(event)
        if past.step is not None:  # gives no record, as its beginning is missing
            for view in (self.trace, self.noise, self.status):
                view.event(past.step)

    def _block(self, block: Block) -> None:
        signals = self._decoder.signals(block)
        for view in (self.strips, self.trace, self.status):
            view.feed(signals)
        if self._timed:
            self.noise.feed(signals)
        self._tell(self._records.block(block))

    def _event(self, event: Event) -> None:
        if event.kind is EventKind.STEP and event.payload.get("phase") == "begin":
            self._steps.add(event.name)
            self._see_kind()
            largest = event.payload.get("amplitude_V", event.payload.get("peak_V"))
            if largest is not None:
                self.transmission.bias(float(largest))
        if event.kind is EventKind.MARK and event.name == NOTE and event not in self.notes:
            self.notes.append(event)
        self._decoder.event(event)
        for view in (self.trace, self.noise, self.status):
            view.event(event)
        self._tell(self._records.event(event))

    def _see_kind(self) -> None:
        fair = recording_kind(self.header.procedure, self._steps) is RecordingKind.TRACES
        if fair != self.histogram.fair:
            self.histogram.fair = fair
            self._worker.ask(self.histogram.work)

    def _tell(self, records: Iterable[Kept]) -> None:
        for record, new in records:
            if isinstance(record, Trace):
                self.trace.trace(record, self.header.rate_Hz)
            if not new:
                continue
            match record:
                case Trace():
                    self._worker.ask(self.histogram.work)
                case Hold():
                    self._worker.ask(self.heating.work)
                case Sweep():
                    self._worker.ask(self.iv.work)

    # ---- snapshots ----

    def snapshot(self) -> SessionSnapshot:
        """Return the snapshots of all views; for a single one, call that view's ``snapshot``."""
        return SessionSnapshot(
            self.strips.snapshot(),
            self.trace.snapshot(),
            self.histogram.snapshot(),
            self.iv.snapshot(),
            self.heating.snapshot(),
            self.transmission.snapshot(),
            self.noise.snapshot(),
            self.status.snapshot(),
        )

    def time_of(self, sample: int) -> float:
        """Return the time of a sample in s since 1970; NaN if start or rate is unknown."""
        try:
            began_s = datetime.fromisoformat(self.header.started).timestamp()
        except ValueError:
            return math.nan
        return began_s + sample / self.header.rate_Hz if self._timed else math.nan

    @property
    def model(self) -> JunctionModel | None:
        """Model that the data are compared with: given, or fitted to the I-V."""
        return self.transmission.model

    def set_options(self, options: SessionOptions) -> None:
        """Set options; the worker evaluates the affected views again from the records."""
        before, self.options = self.options, options
        if options == before:
            return

        def redo() -> None:
            if (options.traces, options.histogram) != (before.traces, before.histogram):
                self.histogram.decide(options.for_traces_of(self.header))
            if options.histogram.break_G0 != before.histogram.break_G0:
                last = self._records.traces_before(self._in_order.next_sample, self.trace.kept)
                self.trace.align(options.histogram.break_G0, last, self.header.rate_Hz)
            if (options.curves, options.model) != (before.curves, before.model):
                self.iv.decide(options.curves, options.model)
                self._show_model(self.iv.model)
            if (options.heating, options.probe_coupling_eV) != (before.heating, before.probe_coupling_eV):
                self.heating.decide(options.heating, options.probe_coupling_eV)

        self._worker.ask(redo)

    def settle(self) -> None:
        """Bring every view up to date with all records, and wait until it is."""

        def thorough() -> None:
            for view in (self.histogram, self.iv, self.heating):
                view.work(thorough=True)

        self._worker.ask(thorough)
        self._worker.settle()

    def measurement(self) -> Measurement:
        """Return the results for a report or a saved analysis, as `app.offline.measurement` makes them."""
        self.settle()
        analysis = self.histogram.analysis() if self.histogram.fair else None
        problems = (self.iv.problem, self.heating.snapshot().problem, *self.heating.snapshot().warnings)
        return Measurement(
            parts=(),
            histogram=None if analysis is None else self._analysed(analysis),
            iv=self.iv.iv,
            heating=self.heating.result,
            transmission=self.model,
            warnings=tuple(problem for problem in problems if problem),
        )

    def _analysed(self, analysis: Analysis) -> Analysed:
        status = self.status.snapshot()
        return Analysed(
            Path(self.name), self.header, status.ended or "unfinished", status.recorded_samples, 0, analysis
        )

    def to_result(self) -> dict[str, Any]:
        """Return the analysis to save: `measurement` as JSON, identity of the recording, and options."""
        header, status = self.header, self.status.snapshot()
        recording = {
            "file": self.name,
            "status": status.ended or "unfinished",
            "procedure": header.procedure,
            "sample": header.sample,
            "started": header.started,
            "samples": status.recorded_samples,
            "unknown": list(header.unknowns),
        }
        content = self.measurement().to_json()
        if self.model is not None:
            content["model"] = to_plain(self.model)
        return {
            **content,
            "recording": recording,
            "recordings": [recording],
            "options": self.options.to_json(),
        }

    def dispose(self) -> None:
        """Delete the temporary files; the worker must be closed or idle."""
        self._records.dispose()

    # ---- callbacks between views, called by the worker ----

    def _on_model(self, model: JunctionModel) -> None:
        result = self.heating.result
        self._show_model(turned_by_heat(model, result.points if result is not None else ()))

    def _on_points(self, points: Sequence[HeatingPoint]) -> None:
        model = self.model
        if model is not None and not model.side_known:
            turned = turned_by_heat(model, points)
            if turned is not model:
                self._show_model(turned)

    def _show_model(self, model: JunctionModel | None) -> None:
        self.transmission.show(model)
        self.heating.show(model)
