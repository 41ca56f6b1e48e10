"""View of a thermopower run: open-circuit voltages junction by junction, means, and the line through them."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analysis.heating.thermometer import UncalibratedThermometer
from analysis.recording import RunHeader
from analysis.records import FloatArray
from analysis.thermoelectric.ac_traces import ACTrace
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.thermoelectric.thermopower_holds import ThermopowerHold
from analysis.thermoelectric.thermopower_run import ThermopowerReducer, combine
from app.offline.recordings import RecordingKind, recording_kind
from app.offline.traces import BOOTSTRAP_SEED
from app.viewmodels.registry import THERMOPOWER
from app.viewmodels.view import AS_PLAYED, Growth, RecordView

UV = 1e-6
_NONE: FloatArray = np.empty(0)


@dataclass(frozen=True, eq=False)
class ThermopowerSnapshot:
    """State of a thermopower measurement; arrays of shape (n,), voltages in uV.

    Parameters
    ----------
    theta_K, voltage_uV : ndarray
        Single junctions.
    set_K, mean_uV, sem_uV : ndarray
        Means at each temperature difference.
    line_K, line_uV : ndarray
        Line through the means.
    seebeck_uV_per_K, sigma_uV_per_K, spread_uV_per_K : float
        NaN before they are known.
    junctions, rejected : int
    problem : str
        Why there is no result; "" if there is one.
    """

    theta_K: FloatArray = field(default_factory=lambda: _NONE)
    voltage_uV: FloatArray = field(default_factory=lambda: _NONE)
    set_K: FloatArray = field(default_factory=lambda: _NONE)
    mean_uV: FloatArray = field(default_factory=lambda: _NONE)
    sem_uV: FloatArray = field(default_factory=lambda: _NONE)
    line_K: FloatArray = field(default_factory=lambda: _NONE)
    line_uV: FloatArray = field(default_factory=lambda: _NONE)
    seebeck_uV_per_K: float = float("nan")
    sigma_uV_per_K: float = float("nan")
    spread_uV_per_K: float = float("nan")
    junctions: int = 0
    rejected: int = 0
    problem: str = ""


class ThermopowerModel(RecordView[ThermopowerSnapshot]):
    """Open-circuit voltage of held junctions against the temperature difference"""

    title = THERMOPOWER
    plot = "app.gui.plots.thermopower:ThermopowerPlot"
    shows = ThermopowerHold | ACTrace
    awaited = "Searching for a junction; its open-circuit voltage will appear here after the first hold."
    during: Mapping[str, str] = {
        "thermopower": "The first hold is in progress.",
        "withdraw": "A junction is being opened; its open-circuit voltage will appear here at the end.",
    }

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the text of the empty plot of a recording."""
        if THERMOPOWER not in filled:
            return {"thermopower": "No thermopower: no junction was held between two temperatures here."}
        return {"thermopower": f"Open-circuit voltages appear here, hold by hold, {AS_PLAYED}"}

    def __init__(self, header: RunHeader) -> None:
        super().__init__(ThermopowerSnapshot())
        self._new: deque[ThermopowerHold | ACTrace] = deque()
        self._header = header
        self._reducer: ThermopowerReducer | None = None
        self._due = Growth(0.05)
        self.result: ThermopowerAnalysis | None = None

    def add(self, record: Any) -> None:
        """Keep a new hold for `work`; those beside Peltier heat belong to its view."""
        if recording_kind(self._header.procedure, ()) is not RecordingKind.PELTIER:
            self._new.append(record)

    def work(self, thorough: bool = False) -> None:
        """Measure new holds, and combine all of them if due."""
        if not self._new and not thorough:
            return
        try:
            if self._reducer is None and self._new:
                self._reducer = ThermopowerReducer(self._header, "")
        except UncalibratedThermometer as error:
            self._new.clear()
            self._shown = ThermopowerSnapshot(problem=str(error))
            return
        while self._new and self._reducer is not None:
            self._reducer.feed(self._new.popleft())
        if self._reducer is not None and self._due.due(len(self._reducer.holds), thorough):
            self._combine(self._reducer)

    def _combine(self, reducer: ThermopowerReducer) -> None:
        run = reducer.run()
        rejected = sum(bool(hold.rejected) for hold in run.holds)
        as_measured = replace(run, holds=tuple(replace(hold, control="") for hold in run.holds))
        try:
            self.result = combine([as_measured], np.random.default_rng(BOOTSTRAP_SEED))
        except ValueError as error:
            waiting = f"{len(run.holds)} junctions so far: {error}."
            self._shown = ThermopowerSnapshot(
                junctions=len(run.holds) - rejected, rejected=rejected, problem=waiting
            )
            return
        self._shown = snapshot_of(self.result, rejected)


def snapshot_of(result: ThermopowerAnalysis, rejected: int) -> ThermopowerSnapshot:
    """Convert a result to arrays for the plot."""
    theta_K = np.array([one.reduced_K for one in result.holds])
    line = result.line
    line_K = _NONE if line is None else np.array([theta_K.min(), theta_K.max()])
    return ThermopowerSnapshot(
        theta_K=theta_K,
        voltage_uV=np.array([one.hold.voltage_V for one in result.holds]) / UV,
        set_K=np.array([one.reduced_K for one in result.sets]),
        mean_uV=np.array([one.mean_V for one in result.sets]) / UV,
        sem_uV=np.array([one.sem_V for one in result.sets]) / UV,
        line_K=line_K,
        line_uV=_NONE if line is None else (line.intercept + line.slope * line_K) / UV,
        seebeck_uV_per_K=float("nan") if line is None else line.slope / UV,
        sigma_uV_per_K=result.sigma_V_per_K / UV,
        spread_uV_per_K=result.spread_V_per_K / UV,
        junctions=len(result.holds),
        rejected=rejected,
    )
