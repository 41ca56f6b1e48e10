"""The bench: owns instruments, recording and procedure during one run."""

import logging
import platform
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from analysis.recording import RecordedChannel, RecordingError, RecordingWriter, RunHeader
from analysis.records import Trace
from analysis.spectra.demodulated import Points
from analysis.traces.segmenter import Segmenter
from app.acquisition.circumstances import dangers
from app.acquisition.commissioned import for_header, stale_sentence
from app.acquisition.demodulating import DemodulatingSink, RawKeeper, raw_header, raw_path
from app.acquisition.entry import entered
from app.acquisition.open_rig import BY_ADDRESS, NM, OpenRig, Wires, open_rig
from app.acquisition.proofs import Proofs, proofs_of
from app.acquisition.recorded_calibrations import header_calibrations
from app.acquisition.recorder import Recorder, RecorderFailed, Reducers, index_entry
from app.acquisition.room import check_room
from app.acquisition.run_sink import Observer as Observer
from app.acquisition.run_sink import RunSink
from app.acquisition.watchdog import Watchdog, make_safe
from app.acquisition.watchdog.guarded_rig import MADE_SAFE, GuardedRig
from app.acquisition.went_back import WentBack
from app.config.amplifiers import VOLTAGE_PREAMPLIFIER
from app.config.calibrated_rig import load_calibrated_rig
from app.config.rig import Rig
from app.config.rig_context import current_calibration, full_scale_V
from app.config.sample_rate import at_rate_of
from app.config.toml import FileError
from app.console.awake import awake
from app.console.priority import quick_switches, urgent_thread
from app.console.windows import attentive
from app.offline.commissioning import COMMISSIONING
from drivers.errors import NotNow, RigError
from procedures.preflight.proof import Unproved
from procedures.procedure import RigProcedure
from procedures.runner import RunEnd, Runner
from procedures.skipping import StepSkip

if TYPE_CHECKING:
    from app.acquisition.summary import Results
    from app.offline.measurement import Measurement

log = logging.getLogger(__name__)

LIBRARIES = ("hotjunction", "numpy", "scipy", "h5py", "nidaqmx", "pyvisa", "pyvisa-py", "pymeasure")

ROLES = {
    "current": "output of the current amplifier",
    "thermocouple": "output of the voltage preamplifier",
    "bias": "bias as applied (loop-back)",
    "z": "drive of the piezo as applied (loop-back)",
}


RETRACT_SHARES = 0.45, 0.55
"""Shares of the time for making safe: through the open card, then over a new connection."""


def analysed(recording: Path) -> "Measurement | None":
    """Analyse a recording before it is closed; return None if that fails.

    What it needs is a third of all that a bench imports, so it is imported once there is something to analyse. A
    program that was changed on the disk meanwhile must not cost the recording.
    """
    try:
        from app.acquisition import summary
    except Exception:
        log.warning("%s: the analysis could not be loaded; the recording is whole", recording, exc_info=True)
        return None
    return summary.analysed(recording)


def _results_in(recording: Path, measurement: "Measurement | None") -> "Results":
    """Return the plots, verdicts on traces and result line of an analysis; none without one."""
    if measurement is None:
        return [], [], ""
    from app.acquisition import summary

    return summary.results_in(recording, measurement)


@dataclass(frozen=True)
class RunSummary:
    """Outcome of a run: its recording, its end, its numbers of traces, whole cycles and samples.

    ``measurement`` is its analysis; None if that failed.
    """

    recording: Path
    end: RunEnd
    traces: int
    cycles: int
    samples: int
    stored: str
    measurement: "Measurement | None" = None


class Bench:
    """Runs procedures on the rig of one rig file.

    Parameters
    ----------
    rig_file : Path
        Read on construction; raises ``FileError``.
    stop : threading.Event, optional
        Setting it ends a run safely, from any thread or from a signal handler.
    rig : Rig, optional
        Rig with settings that differ from its file.
    paused : callable, optional
        As for ``Runner``.
    wires : Wires, optional
        Connections of the run. Making safe over a new connection uses the rig file's address.
    unproved : str
        Reason for which runs skip the proof of the rig, for header and report; "" to prove it.
    """

    def __init__(
        self,
        rig_file: Path,
        stop: threading.Event | None = None,
        rig: Rig | None = None,
        paused: Callable[[], bool] = lambda: False,
        wires: Wires = BY_ADDRESS,
        unproved: str = "",
    ) -> None:
        self._wires = wires
        self._unproved = unproved
        self.rig_file = rig_file
        self.rig: Rig = rig or load_calibrated_rig(rig_file)
        self._stop = stop or threading.Event()
        self._paused = paused
        self._skip = StepSkip()
        self._open_under: tuple[OpenRig, Watchdog] | None = None
        self._sink: RunSink | None = None
        self.unsafe = ""
        """Reason for which an error left the rig unsafe; "" otherwise."""

    def stop(self) -> None:
        """Ask the run to end safely."""
        self._stop.set()

    def note(self, text: str) -> None:
        """Add a note to the recording of the present run. Raises ``NotNow`` if there is none."""
        sink = self._sink
        if sink is None:
            raise NotNow("Cannot add a note: no run is in progress")
        sink.note(text)

    def skip(self) -> str:
        """End the trace, hold or curve in progress and go on with the next junction; see `StepSkip.ask`."""
        return self._skip.ask()

    def retract(self) -> str:
        """Set the bias to 0 V and retract the tip at once, from any thread, whatever the run is doing.

        Lock the outputs against the run, which then ends as aborted. Return a description.

        Raises
        ------
        RigError
            If the rig could not be made safe in time: its state is unknown.
        """
        through_s, beside_s = (share * self.rig.safe.within_s for share in RETRACT_SHARES)
        self._stop.set()
        if self._open_under is not None:
            opened, watchdog = self._open_under
            opened.context.daq.lock("the tip was retracted")
            if watchdog.tripped and watchdog.made_safe(through_s):
                return MADE_SAFE  # it holds the outputs: only a reset of the card could take them from it
            with suppress(RigError):
                done = opened.context.daq.to_safe({"z": self.rig.safe.z_V}, through_s)
                return f"{done} (commanded; the end of the run says whether the loop-backs show it)"
        return make_safe(self.rig, beside_s)

    def run(
        self,
        procedure: RigProcedure,
        out: Path,
        *,
        observer: Observer | None = None,
        sample: str = "",
        notes: str = "",
    ) -> RunSummary:
        """Run one procedure and record it to ``out``.

        Raises
        ------
        ImpossibleSetting
            Before anything moves or is written.
        FileExistsError
            A recording is never overwritten.
        RigError
            If an instrument does not answer before the run.
        RecorderFailed
            If the recording failed; the rig is safe.
        """
        observer = observer or Observer()
        with (
            entered(self.rig_file, self.rig, self._wires.daq),
            attentive(),
            awake(),
            urgent_thread(),
            quick_switches(),
            self._at_rate_of(procedure),
            Watchdog(self.rig_file) as watchdog,
            open_rig(self.rig, observer.on_amplifier, self._wires) as opened,
            self._at_work(opened, watchdog),
        ):
            procedure.check(opened.context)
            points = procedure.points
            check_room(self.rig, out.absolute().parent, procedure.duration_s(opened.context), points)
            watchdog.wait_until_ready()
            opened.context.daq.on_samples = watchdog.beat
            proofs = proofs_of(self.rig_file, self.rig, opened)
            header = self._header(procedure, opened, sample, notes)
            with (
                _raw_kept(out, header, points) as raw,
                _recording(out, points.header(header) if points else header) as (writer, recorder),
            ):
                traces = 0

                def on_trace(trace: Trace) -> None:
                    nonlocal traces
                    traces += 1
                    recorder.on_trace(index_entry(trace))
                    observer.on_trace(trace)

                reducers = Reducers(self._segmenter(), on_trace)
                went_back = WentBack(self.rig_file, self.rig)
                sink = RunSink(
                    recorder, reducers, observer, procedure.counts, watchdog.check, went_back.on_event
                )
                preflight = Unproved(self._unproved) if self._unproved else proofs.preflight(watchdog.check)
                guarded = GuardedRig(watchdog, self.rig, lambda: self._make_safe(opened))
                runner = Runner(
                    went_back.context(guarded.context(opened.context)),
                    DemodulatingSink(points, sink, raw) if points and raw else sink,
                    guarded.make_safe,
                    self._stop.is_set,
                    self._paused,
                    guarded.slow(preflight),
                    self._skip,
                )
                for warning in opened.report.warnings(datetime.now(UTC)):
                    sink.note(f"Card: {warning}.")
                if stale := stale_sentence(header.settings.get(COMMISSIONING, {})):
                    sink.note(stale)
                for danger in dangers(out.parent):
                    sink.note(danger)
                observer.on_start(writer.header)
                self._sink = sink
                try:
                    end = self._watched(guarded, runner, procedure)
                except BaseException:
                    proofs.withdraw("the run after it ended by an internal error")
                    raise
                finally:
                    self._sink = None
                    sink.flush()
                    reducers.finish()
                _remember(proofs, end, traces, out)
                recorder.finish()
                observer.on_finishing()
                measurement = analysed(out)
                results = _results_in(out, measurement)
                stored = writer.close("finished" if end.status == "finished" else "aborted", *results)
            return RunSummary(out, end, traces, sink.cycles, sink.samples, stored, measurement)

    def _watched(self, guarded: GuardedRig, runner: Runner, procedure: RigProcedure) -> RunEnd:
        """Run with the watchdog armed; dismiss it only after a confirmed safe end."""
        guarded.arm()
        try:
            end = runner.run(procedure)
        except BaseException:
            self.unsafe = guarded.made_safe_after_error()
            raise
        return guarded.ended(end)

    @contextmanager
    def _at_rate_of(self, procedure: RigProcedure) -> Iterator[None]:
        """Let the rig have the sample rate of a procedure."""
        own, self.rig = self.rig, at_rate_of(self.rig, procedure)
        try:
            yield
        finally:
            self.rig = own

    @contextmanager
    def _at_work(self, opened: OpenRig, watchdog: Watchdog) -> Iterator[None]:
        """Let other threads retract through the open card."""
        self._open_under = opened, watchdog
        try:
            yield
        finally:
            self._open_under = None

    def _make_safe(self, opened: OpenRig) -> str:
        """Make the rig safe through the open card; if that fails, over a new connection."""
        try:
            return opened.context.daq.to_safe({"z": self.rig.safe.z_V}, self.rig.safe.within_s)
        except RigError:
            return make_safe(self.rig, self.rig.safe.within_s)

    def _segmenter(self) -> Segmenter:
        return Segmenter(current_calibration(self.rig), self.rig.piezo.extension_nm_per_V * NM)

    def _commissioned(self, opened: OpenRig) -> dict[str, Any]:
        """Return the commissioning on which the run stands, for its header; empty for a rig without one."""
        try:
            stated = for_header(self.rig_file, self.rig, opened.card.serial_number)
        except FileError as error:
            log.warning("%s", error)
            return {}
        return {COMMISSIONING: stated} if stated else {}

    def _header(self, procedure: RigProcedure, opened: OpenRig, sample: str, notes: str) -> RunHeader:
        rig, context = self.rig, opened.context
        return RunHeader(
            procedure=procedure.name,
            channels=tuple(
                RecordedChannel(name, getattr(one, "unit", "V"), ROLES.get(name, "input of the rig file"))
                for name, one in rig.daq.inputs.named.items()
            ),
            rate_Hz=context.rate_Hz,
            started=datetime.now(UTC).isoformat(timespec="milliseconds"),
            title=f"{procedure.name} on {rig.name}",
            sample=sample,
            notes=f"UNPROVED rig: {self._unproved}. {notes}".strip() if self._unproved else notes,
            parameters=procedure.values(),
            rig=rig.model_dump(),
            settings={
                "current_gain_V_per_A": context.amplifier.gain_V_per_A,
                "current_inverting": context.amplifier.inverting,
                "current_offset_V": context.amplifier.offset_V,
                "current_full_scale_V": context.amplifier.full_scale_V,
                "series_resistance_ohm": context.amplifier.series_resistance_ohm,
                **(second.to_settings() if (second := context.facts.second_current) else {}),
                "extension_m_per_V": context.extension_m_per_V,
                "thermocouple_gain": rig.voltage_preamplifier.signed_gain,
                "thermocouple_full_scale_V": full_scale_V(
                    rig, VOLTAGE_PREAMPLIFIER, rig.daq.inputs.thermocouple.range_V
                ),
                "card": {**asdict(opened.card), **opened.report.settings()},
                "outputs": {
                    name: {"unit": one.unit, "safe": one.safe, "value": one.value}
                    for name, one in rig.daq.outputs.extras.items()
                },
                **({"unproved": self._unproved} if self._unproved else {}),
                **self._commissioned(opened),
                **opened.settings,
            },
            calibrations=header_calibrations(rig),
            versions=_versions(),
        )


@cache
def _versions() -> Mapping[str, str]:
    """Return the versions of Python and of the libraries; the metadata of each is read once, which takes a while."""
    libraries = {name: version(name) for name in LIBRARIES}
    return MappingProxyType({"python": platform.python_version(), **libraries})


def _remember(proofs: Proofs, end: RunEnd, traces: int, out: Path) -> None:
    """Let a fault withdraw the proof of the rig, and contacts add to it."""
    if end.status == "fault" or not end.safe:
        proofs.withdraw(f"the run {out.name} ended with a fault")
    elif traces:
        proofs.contact_made(f"contact {traces} of {out.name}, {datetime.now(UTC):%Y-%m-%d}")


@contextmanager
def _raw_kept(out: Path, header: RunHeader, points: Points | None) -> Iterator[RawKeeper | None]:
    """Open the recording of the samples beside a demodulated one; None for a run that keeps all of its samples."""
    if points is None:
        yield None
        return
    with _recording(raw_path(out), raw_header(header, out)) as (writer, recorder):
        keeper = RawKeeper(recorder)
        yield keeper
        recorder.finish()
        writer.close("aborted" if keeper.faulty else "finished")


@contextmanager
def _recording(out: Path, header: RunHeader) -> Iterator[tuple[RecordingWriter, Recorder]]:
    """Open a recording and its thread; on an error keep the recorded part as an aborted run."""
    writer = RecordingWriter(out, header, save_every_s=float("inf"))
    recorder = Recorder(writer)
    try:
        yield writer, recorder
    except BaseException as error:
        try:
            recorder.finish()
        except RecorderFailed as failure:
            writer.abandon()
            if isinstance(error, RecorderFailed):  # now it is known where the last samples are
                raise failure from error
        else:
            try:
                writer.close("aborted")
            except RecordingError as failure:  # why the run ended must not be hidden by it
                log.warning("%s", failure)
        raise
