"""View of a run's status: state of the junction and main numbers."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.conductance import LEAST_BIAS_V, CurrentCalibration, full_scale_conductance_G0
from analysis.recording import RunHeader
from analysis.records import Event, EventKind, FloatArray
from app.replay.seek_context import SeekContext
from app.viewmodels.junction_state import CELL_S, JunctionState, ShownState
from app.viewmodels.signals import NM, UNKNOWN_RATE_HZ, SampledSignals
from app.viewmodels.view import StreamView
from procedures.registry import recorded_by

if TYPE_CHECKING:
    from procedures.procedure import RigProcedure

OPEN_G0 = 1e-3
"""Default conductance below which a junction is open."""

RATE_CYCLES = 10
"""Number of cycles from which the rate is calculated."""

STORED_BYTES = 8

CYCLE, REPEATS = "trace", "traces"
"""Mark that ends a cycle, and parameter with their number, where the procedure has none or is unknown."""


@dataclass(frozen=True)
class StatusSnapshot:
    """Content of the status line; NaN (or None) for unknown values.

    Parameters
    ----------
    state : State
    in_state_s : float
        Time since the last change of state; NaN if the rate is unknown, like all other times except ``time_s``.
    conductance_G0 : float
        Mean of the newest 0.01 s with a bias that is consistent with ``state``; infinite, with the sign of the
        current, if the amplifier is railed.
    bias_V : float
        Bias, or its amplitude during modulation.
    modulated : bool
    tip_nm : float
        Extension towards the sample.
    tip_range_nm : tuple of float
        Range of the piezo; NaN if the rig does not specify it.
    recorded_samples, recorded_bytes : int
        Samples of each channel so far, and their size before compression.
    time_s : float
        Duration of the run so far.
    cycles : int
        Completed cycles.
    total_cycles : int or None
    cycle_name : str
        Word for a cycle: "trace", "hold" or "curve" for the built-in procedures.
    cycles_per_minute : float
        Rate of the last ten cycles.
    left_s : float
        Time left at this rate.
    step : str
        Current step; "" between steps.
    ended : str
        How the run ended; "" during the run.
    message : str
        Latest fault; "" without one.
    remark : str
        Text in place of the time left: "paused", "catching up: 40 %".
    stale_s : float
        Time without data during a run; above 0 the numbers are the last known ones.
    full_scale_G0 : float
        Largest conductance within the amplifier's range at this bias.
    alone : str
        Why drift can reach the tip of an idle rig, and what to do; "" if it can't.
    """

    state: ShownState
    in_state_s: float
    conductance_G0: float
    bias_V: float
    modulated: bool
    tip_nm: float
    tip_range_nm: tuple[float, float]
    recorded_samples: int
    recorded_bytes: int
    time_s: float
    cycles: int
    total_cycles: int | None
    cycle_name: str
    cycles_per_minute: float
    left_s: float
    step: str
    ended: str
    message: str
    remark: str = ""
    stale_s: float = 0.0
    full_scale_G0: float = float("nan")
    alone: str = ""


class StatusView(StreamView[StatusSnapshot]):
    """View of the status of a run; it does not depend on the division of samples into blocks.

    Parameters
    ----------
    header : RunHeader
    total_cycles : int, optional
        Cycles of the whole run; by default from the procedure's parameters.
    """

    def __init__(self, header: RunHeader, total_cycles: int | None = None) -> None:
        super().__init__()
        parameters = header.parameters
        self._junction = JunctionState(float(parameters.get("open_threshold_G0") or OPEN_G0))
        procedure = recorded_by(header.procedure)
        self._cycle = (procedure.cycle if procedure is not None else "") or CYCLE
        self._total = _recorded_cycles(procedure, parameters) if total_cycles is None else total_cycles
        self._tip_range_nm, self._safe_nm = _tip_range_nm(header.rig), _safe_nm(header.rig)
        self._channels = len(header.channels)
        self._rate_Hz = header.rate_Hz if header.rate_Hz > 0 else UNKNOWN_RATE_HZ
        self._timed = header.rate_Hz > 0
        self._samples = self._stop = self._cycles = 0
        self._first: int | None = None
        self._ends: deque[int] = deque(maxlen=RATE_CYCLES + 1)
        self._step = self._ended = self._message = ""
        self._amplitude_V: float | None = None
        self._numbers = np.full(2, np.nan)  # bias in V, extension in m
        self._calibration: CurrentCalibration | None = None
        self._open: tuple[int, FloatArray, np.ndarray] | None = None  # a cell begun: index, sums, counts

    def feed(self, signals: SampledSignals) -> None:
        """Process the next samples."""
        if not len(signals):
            return
        with self._lock:
            self._rate_Hz, self._calibration = signals.rate_Hz, signals.calibration
            self._first = signals.first if self._first is None else self._first
            self._samples += len(signals)
            self._take_cells(signals, max(1, round(CELL_S * self._rate_Hz)))
            self._stop = signals.stop
            self._drawn = None

    def _take_cells(self, signals: SampledSignals, width: int) -> None:
        """Average the samples in cells, which begin at multiples of their width, and process complete cells."""
        rows = np.stack([signals.conductance_G0, signals.bias_V, signals.extension_m])
        first = signals.first // width
        starts = np.concatenate([[0], np.arange((first + 1) * width, signals.stop, width) - signals.first])
        defined = ~np.isnan(rows)
        with np.errstate(invalid="ignore"):  # railed at both ends
            sums = np.add.reduceat(np.where(defined, rows, 0.0), starts, axis=1)
        counts = np.add.reduceat(defined, starts, axis=1, dtype=np.int64)
        if self._open is not None and self._open[0] == first:
            sums[:, 0] += self._open[1]
            counts[:, 0] += self._open[2]
        ended = signals.stop % width == 0
        self._open = None if ended else (first + starts.size - 1, sums[:, -1], counts[:, -1])
        means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)[:, : starts.size - (not ended)]
        for i, conductance_G0 in enumerate(means[0].tolist()):
            self._junction.cell(conductance_G0, (first + i + 1) * width)
        for row, values in enumerate(means[1:]):
            seen = values[~np.isnan(values)]
            if seen.size:
                self._numbers[row] = seen[-1]

    def event(self, event: Event) -> None:
        """Process an event."""
        with self._lock:
            self._junction.event(event)
            self._drawn = None
            match event.kind:
                case EventKind.STEP:
                    begins = event.payload.get("phase") == "begin"
                    self._step = event.name if begins else ""
                    if event.name == "modulate":
                        amplitude = event.payload.get("amplitude_V")
                        self._amplitude_V = float(amplitude) if begins and amplitude is not None else None
                case EventKind.FAULT:
                    self._message = str(event.payload.get("message", event.name))
                case EventKind.MARK if event.name == "safe":
                    self._ended = str(event.payload.get("status", "ended"))
                    if event.payload.get("safe", True):  # earlier samples are out of date
                        self._numbers = np.array([0.0, self._safe_nm * NM])
                case EventKind.MARK if event.name == self._cycle and event.payload.get("counts", True):
                    self._cycles += 1
                    self._ends.append(event.sample)
                case EventKind.SETTING if event.name == "bias_V" and event.payload.get("value") is not None:
                    self._numbers[0] = float(event.payload["value"])

    def jump(self, past: SeekContext) -> None:
        """Continue at another position, with the counts before it."""
        with self._lock:
            self._junction.restart(past.at)
            self._first, self._stop, self._samples = past.first, past.at, past.samples
            self._cycles = past.counts.get(self._cycle, 0)
            self._step = self._ended = self._message = ""
            self._amplitude_V = self._open = None
            self._numbers = np.full(2, np.nan)
            self._ends.clear()
            self._ends.extend(past.last.get(self._cycle, ()))
            self._drawn = None

    def _draw(self) -> StatusSnapshot:
        rate_Hz = self._rate_Hz
        per_minute = self._per_minute()
        left_s = float("nan")
        if self._total is not None and per_minute > 0.0:
            left_s = max(self._total - self._cycles, 0) / per_minute * 60.0
        bias_V, extension_m = (float(x) for x in self._numbers)
        modulated = self._amplitude_V is not None
        bias_V = self._amplitude_V if self._amplitude_V is not None else bias_V
        return StatusSnapshot(
            state=self._junction.state,
            in_state_s=max(self._stop - self._junction.since, 0) / rate_Hz if self._timed else float("nan"),
            conductance_G0=self._junction.conductance_G0,
            bias_V=bias_V,
            modulated=modulated,
            tip_nm=extension_m / NM,
            tip_range_nm=self._tip_range_nm,
            recorded_samples=self._samples,
            recorded_bytes=self._samples * self._channels * STORED_BYTES,
            time_s=(self._stop - (self._first or 0)) / rate_Hz,
            cycles=self._cycles,
            total_cycles=self._total,
            cycle_name=self._cycle,
            cycles_per_minute=per_minute,
            left_s=left_s,
            step=self._step,
            ended=self._ended,
            message=self._message,
            full_scale_G0=self._full_scale_G0(bias_V),
        )

    def _full_scale_G0(self, bias_V: float) -> float:
        if self._calibration is None or not abs(bias_V) >= LEAST_BIAS_V:
            return float("nan")
        return full_scale_conductance_G0(self._calibration, bias_V)

    def _per_minute(self) -> float:
        if not self._timed or len(self._ends) < 2 or self._ends[-1] == self._ends[0]:
            return float("nan")
        return 60.0 * (len(self._ends) - 1) * self._rate_Hz / (self._ends[-1] - self._ends[0])


def _recorded_cycles(procedure: "type[RigProcedure] | None", parameters: Mapping[str, Any]) -> int | None:
    """Return the cycles of the whole run; None if unknown."""
    if procedure is not None and procedure.cycle:
        return procedure.recorded_cycles(parameters)
    value = parameters.get(REPEATS)
    return None if value is None else int(value)


def _tip_range_nm(rig: Mapping[str, Any]) -> tuple[float, float]:
    try:
        output, per_V = rig["daq"]["outputs"]["z"], float(rig["piezo"]["extension_nm_per_V"])
        return float(output["min_V"]) * per_V, float(output["max_V"]) * per_V
    except (KeyError, TypeError):
        return float("nan"), float("nan")


def _safe_nm(rig: Mapping[str, Any]) -> float:
    try:
        return float(rig["safe"]["z_V"]) * float(rig["piezo"]["extension_nm_per_V"])
    except (KeyError, TypeError):
        return float("nan")
