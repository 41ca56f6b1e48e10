"""View of a Peltier run: odd and even heat against the current, and the coefficient hold by hold."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analysis.disk_backed_list import DiskBackedList
from analysis.heating.holds import Hold
from analysis.heating.mask import UnsuitableFilter
from analysis.heating.run_reducer import RunReducer
from analysis.heating.runs import LOOK_AHEAD, EvaluationOptions
from analysis.heating.thermometer import UncalibratedThermometer
from analysis.recording import RunHeader
from analysis.records import FloatArray
from analysis.thermoelectric.peltier_hold import Thermopowers
from analysis.thermoelectric.peltier_run import PeltierAnalysis, analyse_peltier
from analysis.thermoelectric.thermopower_hold import MeasuredHold
from analysis.thermoelectric.thermopower_holds import ThermopowerHold
from analysis.thermoelectric.thermopower_run import ThermopowerReducer
from app.offline.recordings import RecordingKind, recording_kind
from app.offline.traces import BOOTSTRAP_SEED
from app.viewmodels.registry import PELTIER
from app.viewmodels.view import AS_PLAYED, Growth, RecordView

MV, NA, PW = 1e-3, 1e-9, 1e-12
_NONE: FloatArray = np.empty(0)


@dataclass(frozen=True, eq=False)
class PeltierSnapshot:
    """State of a Peltier measurement; arrays of shape (n,), currents in nA, heats in pW, voltages in mV.

    Parameters
    ----------
    current_nA, odd_pW, sigma_odd_pW : ndarray
        Odd part of the heat at each amplitude.
    even_pW, sigma_even_pW : ndarray
        Even part; NaN without a level of 0 V.
    line_nA, line_pW : ndarray
        Line Pi I.
    hold, coefficient_mV, sigma_mV : ndarray
        Pi of the holds so far against their number, with its error.
    Pi_mV, sigma_Pi_mV : float
        NaN before they are known.
    kelvin, sigma_kelvin : float
        Pi / (S T) of the same junctions; NaN where their thermopower is not measured.
    cools : str
        Sentence on the cooling that was measured; "" without any.
    junctions, rejected : int
    problem : str
        Why there is no result; "" if there is one.
    """

    current_nA: FloatArray = field(default_factory=lambda: _NONE)
    odd_pW: FloatArray = field(default_factory=lambda: _NONE)
    sigma_odd_pW: FloatArray = field(default_factory=lambda: _NONE)
    even_pW: FloatArray = field(default_factory=lambda: _NONE)
    sigma_even_pW: FloatArray = field(default_factory=lambda: _NONE)
    line_nA: FloatArray = field(default_factory=lambda: _NONE)
    line_pW: FloatArray = field(default_factory=lambda: _NONE)
    hold: FloatArray = field(default_factory=lambda: _NONE)
    coefficient_mV: FloatArray = field(default_factory=lambda: _NONE)
    sigma_mV: FloatArray = field(default_factory=lambda: _NONE)
    Pi_mV: float = float("nan")
    sigma_Pi_mV: float = float("nan")
    kelvin: float = float("nan")
    sigma_kelvin: float = float("nan")
    cools: str = ""
    junctions: int = 0
    rejected: int = 0
    problem: str = ""


class PeltierModel(RecordView[PeltierSnapshot]):
    """Odd and even heat in the tip against the current, and the Peltier coefficient hold by hold"""

    title = PELTIER
    plot = "app.gui.plots.peltier:PeltierPlot"
    shows = Hold | ThermopowerHold
    awaited = "Searching for a junction to hold; its Peltier heat will appear here after the first hold."
    during: Mapping[str, str] = {"modulate": "The first hold is in progress."}

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of the empty plots of a recording, by their titles."""
        if PELTIER not in filled:
            nothing = "No Peltier heat: no junction was held at small bias for it in this recording."
            return {"odd and even heat": nothing, "coefficient": nothing}
        return {
            "odd and even heat": "Heats appear here, one point per amplitude.",
            "coefficient": f"The Peltier coefficient appears here, hold by hold, {AS_PLAYED}",
        }

    def __init__(self, holds: DiskBackedList[Hold], header: RunHeader) -> None:
        super().__init__(PeltierSnapshot())
        self._holds = holds
        self._own = recording_kind(header.procedure, ()) is RecordingKind.PELTIER
        self._run = RunReducer(header, "", EvaluationOptions(zero_level=False))
        self._first, self._due = 0, Growth(0.05)
        self._header, self._new = header, deque[ThermopowerHold]()
        self._beside: ThermopowerReducer | None = None
        self._means: list[tuple[int, float, float]] = []
        self.result: PeltierAnalysis | None = None

    def add(self, record: Any) -> None:
        """Keep the thermopower of a hold for `work`; the holds themselves are in their list."""
        if self._own and isinstance(record, ThermopowerHold):
            self._new.append(record)

    def work(self, thorough: bool = False) -> None:
        """Evaluate new holds, and combine all of them if due."""
        count = len(self._holds)
        if not self._own or not count:
            return
        try:
            self._look(count)
            for index in range(len(self._run.evaluated), count):
                self._run.feed(self._holds[index])
            self._measure_beside()
        except (UncalibratedThermometer, UnsuitableFilter) as error:
            self._shown = PeltierSnapshot(problem=str(error))
            return
        if self._due.due(count + len(self._thermopowers), thorough):
            self._combine(count)

    def _measure_beside(self) -> None:
        """Measure the thermopowers of new holds, where the run has them."""
        if self._new and self._beside is None:
            self._beside = ThermopowerReducer(self._header, "")
        while self._new and self._beside is not None:
            self._beside.feed(self._new.popleft())

    @property
    def _thermopowers(self) -> list[MeasuredHold]:
        return [] if self._beside is None else self._beside.holds

    def _look(self, count: int) -> None:
        """Measure mains and delays in the first holds, again each time their number has doubled."""
        wanted = min(count, LOOK_AHEAD)
        if wanted >= 2 * self._first or (wanted == LOOK_AHEAD > self._first):
            self._run.look([self._holds[i] for i in range(wanted)])
            self._first = wanted

    def _combine(self, count: int) -> None:
        run = self._run.run()
        as_measured = replace(run, holds=tuple(replace(hold, control="") for hold in run.holds))
        self.result = analyse_peltier(
            [as_measured], np.random.default_rng(BOOTSTRAP_SEED), {"": Thermopowers.of(self._thermopowers)}
        )
        Pi = self.result.coefficient
        if np.isfinite(Pi.value):
            self._means.append((count, Pi.value / MV, Pi.sigma / MV))
        self._shown = snapshot_of(self.result, np.array(self._means).reshape(-1, 3))


def snapshot_of(result: PeltierAnalysis, means: FloatArray) -> PeltierSnapshot:
    """Convert a result, and the coefficients of its beginnings (rows of number, Pi, sigma in mV), to arrays."""
    current_A = np.array([point.current_A for point in result.points])
    errors_W = np.sqrt([np.diag(point.covariance_W2) for point in result.points]).reshape(-1, 2)
    line_A = np.array([0.0, 1.1 * np.abs(current_A).max(initial=0.0)])
    known = np.isfinite(result.coefficient.value)
    coldest = result.coldest
    kelvin = result.best_kelvin(None) or (float("nan"), float("nan"))
    return PeltierSnapshot(
        current_nA=current_A / NA,
        odd_pW=np.array([point.odd_W for point in result.points]) / PW,
        sigma_odd_pW=errors_W[:, 0] / PW,
        even_pW=np.array([point.even_W for point in result.points]) / PW,
        sigma_even_pW=errors_W[:, 1] / PW,
        line_nA=line_A / NA if known else _NONE,
        line_pW=result.coefficient.value * line_A / PW if known else _NONE,
        hold=means[:, 0],
        coefficient_mV=means[:, 1],
        sigma_mV=means[:, 2],
        Pi_mV=result.coefficient.value / MV,
        sigma_Pi_mV=result.sigma_V / MV,
        kelvin=kelvin[0],
        sigma_kelvin=kelvin[1],
        cools=coldest.sentence if coldest is not None and coldest.seen else "",
        junctions=len(result.holds),
        rejected=sum(result.excluded.values()),
    )
