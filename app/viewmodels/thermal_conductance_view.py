"""View of a run of thermal conductance: the aligned mean trace, and the mean G_th rupture by rupture."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analysis.constants import G0_S
from analysis.heating.thermometer import UncalibratedThermometer
from analysis.recording import RunHeader
from analysis.records import FloatArray
from analysis.thermoelectric.rupture_holds import RuptureHold
from analysis.thermoelectric.thermal_conductance import ThermalConductanceAnalysis
from analysis.thermoelectric.thermal_conductance_run import ThermalConductanceReducer, combine
from app.offline.traces import BOOTSTRAP_SEED
from app.viewmodels.registry import THERMAL_CONDUCTANCE
from app.viewmodels.view import AS_PLAYED, Growth, RecordView

PW, MK = 1e-12, 1e-3
_NONE: FloatArray = np.empty(0)


@dataclass(frozen=True, eq=False)
class ThermalConductanceSnapshot:
    """State of a measurement of thermal conductance; arrays of shape (n,).

    Parameters
    ----------
    time_s, mean_mK, band_mK : ndarray
        Aligned mean trace and its standard error.
    number, running_pW_per_K, running_sigma : ndarray
        Mean of the first ruptures, and the error that noise gives it.
    conductance_pW_per_K, sigma_pW_per_K, lorenz, sigma_lorenz, quantum_G0 : float
        NaN before they are known; ``quantum_G0`` is the mean electrical conductance.
    ruptures, several, heater_off, rejected, censored : int
        ``several``: those of several molecules, which have no part in the means.
    problem : str
        Why there is no result; "" if there is one.
    """

    time_s: FloatArray = field(default_factory=lambda: _NONE)
    mean_mK: FloatArray = field(default_factory=lambda: _NONE)
    band_mK: FloatArray = field(default_factory=lambda: _NONE)
    number: FloatArray = field(default_factory=lambda: _NONE)
    running_pW_per_K: FloatArray = field(default_factory=lambda: _NONE)
    running_sigma: FloatArray = field(default_factory=lambda: _NONE)
    conductance_pW_per_K: float = float("nan")
    sigma_pW_per_K: float = float("nan")
    lorenz: float = float("nan")
    sigma_lorenz: float = float("nan")
    quantum_G0: float = float("nan")
    ruptures: int = 0
    several: int = 0
    heater_off: int = 0
    rejected: int = 0
    censored: int = 0
    problem: str = ""


class ThermalConductanceModel(RecordView[ThermalConductanceSnapshot]):
    """Temperature of the tip about ruptures, and the thermal conductance"""

    title = THERMAL_CONDUCTANCE
    plot = "app.gui.plots.thermal_conductance:ThermalConductancePlot"
    shows = RuptureHold
    awaited = "Searching for a junction; the mean trace will appear here after the first ruptures."
    during: Mapping[str, str] = {"thermal conductance": "A junction is held until it breaks."}

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the text of the empty plots of a recording."""
        none = "No thermal conductance: no junction was held here until it broke."
        text = f"The mean trace appears here, rupture by rupture, {AS_PLAYED}"
        shown = text if THERMAL_CONDUCTANCE in filled else none
        return {"aligned mean": shown, "thermal conductance": shown}

    def __init__(self, header: RunHeader) -> None:
        super().__init__(ThermalConductanceSnapshot())
        self._new: deque[RuptureHold] = deque()
        self._header = header
        self._reducer: ThermalConductanceReducer | None = None
        self._due = Growth(0.0)
        self.result: ThermalConductanceAnalysis | None = None

    def add(self, record: Any) -> None:
        """Keep a new hold for `work`."""
        self._new.append(record)

    def work(self, thorough: bool = False) -> None:
        """Measure new holds, and combine all of them if due."""
        if not self._new and not thorough:
            return
        try:
            if self._reducer is None and self._new:
                self._reducer = ThermalConductanceReducer(self._header, "")
        except UncalibratedThermometer as error:
            self._new.clear()
            self._shown = ThermalConductanceSnapshot(problem=str(error))
            return
        while self._new and self._reducer is not None:
            self._reducer.feed(self._new.popleft())
        if self._reducer is not None and self._due.due(len(self._reducer.ruptures), thorough):
            self._combine(self._reducer)

    def _combine(self, reducer: ThermalConductanceReducer) -> None:
        run = reducer.run()
        as_measured = replace(run, ruptures=tuple(replace(one, control="") for one in run.ruptures))
        try:
            self.result = combine([as_measured], np.random.default_rng(BOOTSTRAP_SEED))
        except ValueError as error:
            self._shown = ThermalConductanceSnapshot(
                rejected=sum(bool(one.rejected) for one in run.ruptures),
                censored=sum(one.censored for one in run.ruptures),
                problem=f"{len(run.ruptures)} junctions so far: {error}.",
            )
            return
        self._shown = snapshot_of(self.result)


def snapshot_of(result: ThermalConductanceAnalysis) -> ThermalConductanceSnapshot:
    """Convert a result to arrays for the plots."""
    average, ratio = result.average, result.lorenz
    values = np.array([one.W_per_K for one in result.used]) / PW
    weight = np.array([(one.sigma_W_per_K / PW) ** -2 for one in result.used])
    total = np.cumsum(weight)
    seen = np.isfinite(average.mean_K) if average is not None else np.empty(0, dtype=bool)
    return ThermalConductanceSnapshot(
        time_s=_NONE if average is None else average.time_s[seen],
        mean_mK=_NONE if average is None else average.mean_K[seen] / MK,
        band_mK=_NONE if average is None else average.band_K[seen] / MK,
        number=np.arange(1.0, len(values) + 1.0),
        running_pW_per_K=np.cumsum(weight * values) / total,
        running_sigma=1.0 / np.sqrt(total),
        conductance_pW_per_K=result.conductance.value / PW,
        sigma_pW_per_K=result.conductance.sigma / PW,
        lorenz=float("nan") if ratio is None else ratio.value,
        sigma_lorenz=float("nan") if ratio is None else ratio.sigma,
        quantum_G0=float(np.mean([one.rupture.conductance_S for one in result.used])) / G0_S,
        ruptures=len(values),
        several=sum(one.ruptures for one in result.several),
        heater_off=result.off,
        rejected=sum(result.excluded.values()),
        censored=result.censored,
    )
