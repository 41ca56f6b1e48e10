"""View of the mean I-V curve of held junctions as it grows, and of the level fitted to it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter

import numpy as np

from analysis.disk_backed_list import DiskBackedList
from analysis.heating.junction_model import JunctionModel, model_of_iv
from analysis.iv.mean import CurveRules, MeanIV, mean_iv
from analysis.iv.sweeps import Sweep
from analysis.recording import RunHeader
from analysis.records import FloatArray
from app.viewmodels.registry import IV
from app.viewmodels.view import AS_PLAYED, Growth, RecordView

NA = 1e-9
LEAST_FITTED = 3
"""Minimum number of curves for a fit; with fewer, results jump."""

_NONE: FloatArray = np.empty(0)


@dataclass(frozen=True, eq=False)
class IVSnapshot:
    """Mean curve with its band, and the fitted model.

    Parameters
    ----------
    voltage_V : ndarray, shape (n,)
        Voltage across the junction.
    current_nA, rising_nA, falling_nA : ndarray, shape (n,)
        Mean over the junctions, of both directions and of each.
    low_nA, high_nA : ndarray, shape (n,)
        Mean minus and plus one standard deviation of the junctions; the mean itself for one junction.
    newest_V, newest_nA : ndarray, shape (m,)
        Newest curve, even if it is left out of the mean.
    model_nA : ndarray, shape (n,)
        Current of the model at ``voltage_V``; empty without a model.
    parameters : mapping of str to (value, error)
        Parameters of a fitted model.
    misfit : float
        Root mean square deviation of model and mean, relative to the largest current.
    source : str
        Source of the model.
    fitted_curves : int
        Number of curves in the last fit.
    junctions, curves : int
        Numbers in the mean.
    dropped : mapping of str to int
        Number of curves left out, by reason.
    problem : str
        Why the curves have no mean; "" if they have one.
    conductance_G0, sigma_conductance_G0 : float
        Conductance of the model at zero bias and its statistical error; NaN if unknown.
    until : int
        Sample after the newest curve.
    """

    voltage_V: FloatArray = field(default_factory=lambda: _NONE)
    current_nA: FloatArray = field(default_factory=lambda: _NONE)
    rising_nA: FloatArray = field(default_factory=lambda: _NONE)
    falling_nA: FloatArray = field(default_factory=lambda: _NONE)
    low_nA: FloatArray = field(default_factory=lambda: _NONE)
    high_nA: FloatArray = field(default_factory=lambda: _NONE)
    newest_V: FloatArray = field(default_factory=lambda: _NONE)
    newest_nA: FloatArray = field(default_factory=lambda: _NONE)
    model_nA: FloatArray = field(default_factory=lambda: _NONE)
    parameters: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    misfit: float = float("nan")
    source: str = ""
    fitted_curves: int = 0
    junctions: int = 0
    curves: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""
    conductance_G0: float = float("nan")
    sigma_conductance_G0: float = float("nan")
    until: int = 0


class IVModel(RecordView[IVSnapshot]):
    """View of a growing list of I-V sweeps.

    Parameters
    ----------
    sweeps : DiskBackedList of Sweep
        Sweeps so far, with the voltage across the junction as bias; added to by the session.
    rules : CurveRules
    given : JunctionModel or None
        Model to use instead of a fit.
    on_model : callable
        Called with each new model.
    """

    plot = "app.gui.plots.iv:IVPlot"
    shows = Sweep
    awaited = "Searching for a junction to hold; its I-V curve will appear here."
    during: Mapping[str, str] = {"sweep": "The first curve is being recorded."}

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of the empty plots of a recording, by their titles."""
        text = "No I-V curves of held junctions in this recording."
        if IV in filled:
            text = f"The mean I-V curve appears here {AS_PLAYED}"
        return {"current-voltage curve": text}

    def __init__(
        self,
        sweeps: DiskBackedList[Sweep],
        rules: CurveRules | None = None,
        given: JunctionModel | None = None,
        on_model: Callable[[JunctionModel], None] = lambda model: None,
    ) -> None:
        super().__init__(IVSnapshot())
        self._sweeps, self._on_model = sweeps, on_model
        self.iv: MeanIV | None = None
        self.model: JunctionModel | None = None
        self.problem = ""
        self._begin(rules, given)

    def _begin(self, rules: CurveRules | None, given: JunctionModel | None) -> None:
        self._rules, self._given = rules, given
        self._mean_due, self._fit_due = Growth(0.05), Growth(0.1, LEAST_FITTED)
        self.iv, self.model, self.problem = None, given, ""

    def decide(self, rules: CurveRules | None, given: JunctionModel | None) -> None:
        """Average and fit again with other rules; call in the thread of `work`."""
        self._begin(rules, given)
        self.work(thorough=True)

    def work(self, thorough: bool = False) -> None:
        """Average the curves and fit the mean, each if due."""
        count = len(self._sweeps)
        if not self._mean_due.due(count, thorough) and not (thorough and self._fit_due.at < count):
            self._show_newest()
            return
        sweeps = list(self._sweeps)
        try:
            self.iv, self.problem = mean_iv(sweeps, 0.0, self._rules), ""
        except ValueError as error:
            self.iv, self.problem = None, f"I-V: {error}."
        self._shown = self._draw()
        if self.iv is not None and (thorough or self._fit_due.due(count)):
            self._fit_due.at = count
            if self._given is None:
                self.model = model_of_iv(self.iv)
                self._on_model(self.model)
            self._shown = self._draw()

    def _show_newest(self) -> None:
        if len(self._sweeps):
            newest = self._sweeps[len(self._sweeps) - 1]
            self._shown = replace(self._shown, newest_V=newest.bias_V, newest_nA=newest.current_A / NA)

    def _draw(self) -> IVSnapshot:
        newest = self._sweeps[len(self._sweeps) - 1]
        shown = IVSnapshot(
            newest_V=newest.bias_V,
            newest_nA=newest.current_A / NA,
            problem=self.problem,
            until=newest.samples[1],
        )
        iv, model = self.iv, self.model
        if iv is None:
            return shown
        spread_A = np.nan_to_num(iv.sd_A)
        shown = replace(
            shown,
            voltage_V=iv.voltage_V,
            current_nA=iv.current_A / NA,
            rising_nA=iv.rising_A / NA,
            falling_nA=iv.falling_A / NA,
            low_nA=(iv.current_A - spread_A) / NA,
            high_nA=(iv.current_A + spread_A) / NA,
            junctions=iv.junctions,
            curves=iv.curves,
            dropped=dict(iv.dropped),
        )
        if model is None:
            return shown
        return replace(
            shown,
            model_nA=model.current_A(iv.voltage_V) / NA,
            parameters=dict(model.parameters),
            misfit=model.misfit,
            source=model.source,
            fitted_curves=self._fit_due.at,
            conductance_G0=model.conductance_G0,
            sigma_conductance_G0=conductance_error_G0(model),
        )


def conductance_error_G0(model: JunctionModel) -> float:
    """Return the statistical error of the conductance at zero bias; NaN if unknown or if the model is given."""
    return error_of_number(model, attrgetter("conductance_G0"))


def error_of_number(model: JunctionModel, quantity: Callable[[JunctionModel], float]) -> float:
    """Return the statistical error of a number that follows from a model; NaN if unknown or if the model is given."""
    error = model.error_of(lambda replica: np.array(quantity(replica)))
    return float("nan") if error is None else float(error)


class JunctionNumbers:
    """Prepares sweeps for analysis: voltage across the junction, junctions numbered in order of appearance."""

    def __init__(self, series_resistance_ohm: float) -> None:
        self._series_ohm = series_resistance_ohm
        self._numbers: dict[int, int] = {}

    def prepared(self, sweep: Sweep) -> Sweep:
        """Return the sweep with its bias reduced by the voltage drop across the series resistance."""
        junction = self._numbers.setdefault(sweep.junction, len(self._numbers))
        return replace(sweep, bias_V=sweep.bias_V - self._series_ohm * sweep.current_A, junction=junction)
