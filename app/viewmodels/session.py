"""Session of one run, live or replayed: its records and all views of it."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from analysis.heating.junction_model import JunctionModel
from analysis.heating.points import HeatingPoint
from analysis.recording import RunHeader
from analysis.records import NOTE, Block, Event, EventKind, Trace
from analysis.reduce import InOrder
from analysis.timebase import TimeBase
from app.offline.analyse import turned_by_heat
from app.offline.recordings import OPENED, recording_kind
from app.replay.seek_context import SeekContext
from app.viewmodels.current_trace import CurrentTrace
from app.viewmodels.heating_view import HeatingModel
from app.viewmodels.histogram_view import HistogramModel
from app.viewmodels.iv_view import IVModel
from app.viewmodels.noise_thermometer_view import NoiseThermometerModel
from app.viewmodels.noise_view import NoiseModel, open_G0_of
from app.viewmodels.options import SessionOptions
from app.viewmodels.peltier_view import PeltierModel
from app.viewmodels.records import Kept, Record, Records
from app.viewmodels.registry import (
    HEATING,
    HISTOGRAM,
    IV,
    NOISE,
    NOISE_THERMOMETER,
    PELTIER,
    STATISTICS,
    STRIPS,
    THEORY,
    THERMAL_CONDUCTANCE,
    THERMOPOWER,
    TRACE,
    VIEWS,
)
from app.viewmodels.session_snapshot import SessionSnapshot
from app.viewmodels.signals import Decoder, extra_units
from app.viewmodels.statistics_view import StatisticsModel
from app.viewmodels.status_view import StatusView
from app.viewmodels.strips import StripCharts
from app.viewmodels.thermal_conductance_view import ThermalConductanceModel
from app.viewmodels.thermopower_view import ThermopowerModel
from app.viewmodels.transmission_view import TransmissionModel
from app.viewmodels.view import RecordView, StreamView, ViewModel
from app.viewmodels.worker import AtOnce, ViewWorker

log = logging.getLogger(__name__)

Item = Block | Event | Trace


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
    folder : Path, optional
        Folder of the recording, in which a noise thermometer finds the recordings of its resistors.
    """

    def __init__(
        self,
        header: RunHeader,
        options: SessionOptions | None = None,
        worker: ViewWorker | None = None,
        name: str = "",
        total_cycles: int | None = None,
        folder: Path | None = None,
    ) -> None:
        self.header, self.name = header, name
        self.options = options or SessionOptions()
        self._worker = worker or AtOnce()
        self._records = Records(header)
        self._steps: set[str] = set()
        self.notes: list[Event] = []
        """Notes made during the run, each once."""
        self._timed = header.rate_Hz > 0
        self._time_base = TimeBase(header.started, header.rate_Hz)
        self._in_order = InOrder(self._block, self._event)
        self._decoder = Decoder(header)
        self.strips = StripCharts(timed=self._timed, units=extra_units(header))
        self.trace = CurrentTrace(break_G0=self.options.histogram.break_G0)
        self.noise, self.status = NoiseModel(open_G0_of(header)), StatusView(header, total_cycles)
        self.transmission = TransmissionModel()
        chosen = self.options
        self.histogram = HistogramModel(self._records.traces, chosen.for_traces_of(header))
        self.statistics = StatisticsModel(
            self._records.traces, self._records.stretches, self.histogram, header, name
        )
        self.iv = IVModel(self._records.sweeps, chosen.curves, chosen.model, self._on_model)
        self.heating = HeatingModel(
            self._records.holds, header, chosen.heating, chosen.probe_coupling_eV, self._on_points, name
        )
        self.thermopower = ThermopowerModel(header)
        self.thermal_conductance = ThermalConductanceModel(header)
        self.peltier = PeltierModel(self._records.holds, header)
        self.noise_thermometer = NoiseThermometerModel(header, folder)
        self._show_model(chosen.model)
        self.views: dict[str, ViewModel] = {
            STRIPS: self.strips,
            TRACE: self.trace,
            HISTOGRAM: self.histogram,
            IV: self.iv,
            HEATING: self.heating,
            THEORY: self.transmission,
            NOISE: self.noise,
            STATISTICS: self.statistics,
            THERMOPOWER: self.thermopower,
            THERMAL_CONDUCTANCE: self.thermal_conductance,
            PELTIER: self.peltier,
            NOISE_THERMOMETER: self.noise_thermometer,
        }
        """Views by title, those of plug-ins last."""
        self._plugged: dict[str, Any] = {
            title: VIEWS[title](header)  # type: ignore[call-arg]  # a plug-in's view is made with the header
            for title in VIEWS
            if title not in self.views
        }
        self.views |= self._plugged

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
        for view in self._record_views():
            self._worker.ask(view.work)

    def _record_views(self) -> list[RecordView[Any]]:
        return [view for view in self.views.values() if isinstance(view, RecordView)]

    def _each(self, kind: Any, act: Callable[[Any], None]) -> None:
        """Let the views of plug-ins act; one that fails is left out from then on."""
        for title, view in tuple(self._plugged.items()):
            if not isinstance(view, kind):
                continue
            try:
                act(view)
            except Exception:  # a plug-in must not stop the other views
                log.exception("The view %s failed and stays as it is", title)
                del self._plugged[title]

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
        self._each(StreamView, lambda view: view.restart())
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
        self._each(StreamView, lambda view: view.feed(signals))
        self._tell(self._records.block(block))

    def _event(self, event: Event) -> None:
        if event.kind is EventKind.STEP and event.payload.get("phase") == "begin":
            self._steps.add(event.name)
            self._see_kind()
            largest = event.payload.get("amplitude_V", event.payload.get("peak_V"))
            if largest is not None:
                self.transmission.bias(float(largest))
        self._time_base.on_event(event)
        if event.kind is EventKind.MARK and event.name == NOTE and event not in self.notes:
            self.notes.append(event)
        self._decoder.event(event)
        for view in (self.trace, self.noise, self.status):
            view.event(event)
        self._each(StreamView, lambda view: view.event(event))
        self._tell(self._records.event(event))

    def _see_kind(self) -> None:
        kind = recording_kind(self.header.procedure, self._steps)
        fair = kind in OPENED
        if fair != self.histogram.fair:
            self.histogram.fair = fair
            self._worker.ask(self.histogram.work)
            self._worker.ask(self.statistics.work)

    def _tell(self, records: Iterable[Kept]) -> None:
        for record, new in records:
            if isinstance(record, Trace):
                self.trace.trace(record, self.header.rate_Hz)
            if not new:
                continue
            self._each(RecordView, partial(_add, record))
            _add(record, self.thermopower)
            _add(record, self.thermal_conductance)
            _add(record, self.peltier)
            _add(record, self.noise_thermometer)
            for view in self._record_views():
                if isinstance(record, view.shows):
                    self._worker.ask(view.work)

    # ---- snapshots ----

    def snapshot(self) -> SessionSnapshot:
        """Return the snapshots of all views; for a single one, call that view's ``snapshot``."""
        views = {field.name: getattr(self, field.name).snapshot() for field in fields(SessionSnapshot)}
        return SessionSnapshot(**views)

    def time_of(self, sample: int) -> float:
        """Return the time of a sample in s since 1970; NaN if start or rate is unknown."""
        return self._time_base.time_s(sample)

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
                self.statistics.work(thorough=True)
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
            for view in self._record_views():
                view.work(thorough=True)

        self._worker.ask(thorough)
        self._worker.settle()

    @property
    def plugged(self) -> Mapping[str, Any]:
        """Views of plug-ins that have not failed, by title."""
        return self._plugged

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


def _add(record: Record, view: RecordView[Any]) -> None:
    if isinstance(record, view.shows):
        view.add(record)
