"""View of a heating run: temperature rises hold by hold, and heats against powers with theory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.disk_backed_list import DiskBackedList
from analysis.heating.convergence import Convergences, ConvergenceSeries
from analysis.heating.heating import HeatingAnalysis, HeatingOptions, summarise
from analysis.heating.holds import Hold
from analysis.heating.junction_model import JunctionModel
from analysis.heating.mask import UnsuitableFilter
from analysis.heating.model_curves import HeatingCurve, heating_curves
from analysis.heating.points import HeatingPoint
from analysis.heating.run_reducer import RunReducer
from analysis.heating.runs import LOOK_AHEAD, EvaluatedHold
from analysis.heating.thermometer import UncalibratedThermometer
from analysis.recording import RunHeader
from analysis.records import FloatArray
from analysis.spectra.noise import Noise
from app.offline.recordings import RecordingKind, recording_kind
from app.offline.traces import BOOTSTRAP_SEED
from app.viewmodels.heating_points import UW, PointsSnapshot, points_of
from app.viewmodels.registry import HEATING
from app.viewmodels.view import AS_PLAYED, Growth, RecordView

BEYOND = 1.1
"""End of model curves as a multiple of the largest amplitude."""


@dataclass(frozen=True)
class JudgedHold:
    """Outcome of a hold as text, whether it was rejected, and the sample after its last."""

    words: str
    rejected: bool
    until: int


@dataclass(frozen=True, eq=False)
class HeatingSnapshot:
    """State of a heating measurement.

    Parameters
    ----------
    series : tuple of ConvergenceSeries
        Temperature rises hold by hold, by rising amplitude.
    points, control_points : PointsSnapshot
        Means at all amplitudes; updated less often than the holds.
    symmetric_total_uW, symmetric_probe_uW : ndarray, shape (2,)
        Line of half of the power in the tip, from 0 to beyond the largest power.
    curves : tuple of HeatingCurve
        Curves of the model; empty without one.
    model : str
        Source of the model.
    holds, used, rejected : int
    reasons : mapping of str to int
        Number of rejected holds by reason.
    judged : tuple of JudgedHold
        Outcomes of all holds.
    resistance_K_per_W, scale_relative : float
        Thermal resistance of the tip, and relative scale error common to all heats.
    warnings : tuple of str
    problem : str
        Why the holds give no temperatures; "" if they do.
    """

    series: tuple[ConvergenceSeries, ...] = ()
    points: PointsSnapshot = field(default_factory=PointsSnapshot)
    control_points: PointsSnapshot = field(default_factory=PointsSnapshot)
    symmetric_total_uW: FloatArray = field(default_factory=lambda: np.zeros(2))
    symmetric_probe_uW: FloatArray = field(default_factory=lambda: np.zeros(2))
    curves: tuple[HeatingCurve, ...] = ()
    model: str = ""
    holds: int = 0
    used: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    judged: tuple[JudgedHold, ...] = ()
    resistance_K_per_W: float = float("nan")
    scale_relative: float = float("nan")
    warnings: tuple[str, ...] = ()
    problem: str = ""


class HeatingModel(RecordView[HeatingSnapshot]):
    """View of a growing list of holds. Each is evaluated once, except the first ones, which give the mains frequency.

    Parameters
    ----------
    holds : DiskBackedList of Hold
        Holds so far, added to by the session.
    header : RunHeader
    options : HeatingOptions
    coupling_eV : float
        Coupling of the probes in models with probes; 0 for none.
    on_points : callable
        Called with new points.
    name : str
        Name of the recording.
    """

    plot = "app.gui.plots.heating:HeatingPlot"
    shows = Hold
    awaited = "Searching for a junction to hold; the temperature rise of the tip will appear here after the first hold."
    during: Mapping[str, str] = {"modulate": "The first hold is in progress."}

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of the empty plots of a recording, by their titles."""
        if HEATING not in filled:
            no_heat = "No heating data: no junction was held and modulated in this recording."
            return {"convergence": no_heat, "heat in the tip": no_heat}
        return {
            "convergence": f"The temperature rise of the tip appears here, hold by hold, {AS_PLAYED}",
            "heat in the tip": "Heat in the tip against power in the junction appears here, one point per amplitude "
            "and polarity.",
        }

    def __init__(
        self,
        holds: DiskBackedList[Hold],
        header: RunHeader,
        options: HeatingOptions | None = None,
        coupling_eV: float = 0.0,
        on_points: Callable[[Sequence[HeatingPoint]], None] = lambda points: None,
        name: str = "",
    ) -> None:
        super().__init__(HeatingSnapshot())
        self._holds, self._header, self._name = holds, header, name
        self._on_points = on_points
        self._model: JunctionModel | None = None
        self._own = recording_kind(header.procedure, ()) is not RecordingKind.PELTIER
        self._begin(options or HeatingOptions(), coupling_eV)

    def _begin(self, options: HeatingOptions, coupling_eV: float) -> None:
        self._options, self._coupling_eV = options, coupling_eV
        self._run = RunReducer(self._header, self._name, options.evaluation)
        self._first, self._first_due = 0, Growth(1.0)
        self._judged: list[JudgedHold] = []
        self._series = Convergences()
        self._points_due = Growth(0.05)
        self.result: HeatingAnalysis | None = None
        self._curves: tuple[HeatingCurve, ...] = ()

    @property
    def has_result(self) -> bool:
        """True once a hold has been evaluated; a model alone is no result."""
        return self._shown.holds > 0

    def decide(self, options: HeatingOptions, coupling_eV: float) -> None:
        """Evaluate all holds again with other options; call in the thread of `work`."""
        self._begin(options, coupling_eV)
        self.work(thorough=True)

    def show(self, model: JunctionModel | None) -> None:
        """Set the model drawn beside the points; call in the thread of `work`."""
        self._model = model
        self._draw_curves()
        self._shown = self._draw()

    def work(self, thorough: bool = False) -> None:
        """Evaluate new holds, and combine all of them if due."""
        count = len(self._holds) if self._own else 0
        if not count:
            return
        try:
            self._prepare(count, thorough)
            new = len(self._run.evaluated) < count
            self._evaluate(count)
        except (UncalibratedThermometer, UnsuitableFilter) as error:
            self._shown = HeatingSnapshot(holds=count, problem=str(error))
            return
        if new:
            self._shown = self._draw()
        if self._points_due.due(count, thorough):
            self._combine()
            self._shown = self._draw()

    # ---- steps ----

    def _prepare(self, count: int, thorough: bool) -> None:
        """Determine the mains frequency from the first holds, again each time their number has doubled."""
        wanted = min(count, LOOK_AHEAD)
        if wanted == self._first:
            return
        if not (self._first_due.due(wanted, thorough) or wanted == LOOK_AHEAD or not self._first):
            return
        if self._run.look([self._holds[i] for i in range(wanted)]):
            self._judged, self._series = [], Convergences()
            self._points_due.reset()
        self._first, self._first_due.at = wanted, wanted

    def _evaluate(self, count: int) -> None:
        for index in range(len(self._run.evaluated), count):
            hold = self._holds[index]
            evaluated = self._run.feed(hold)
            rejected = bool(evaluated.estimate.rejected)
            self._judged.append(JudgedHold(hold_sentence(evaluated), rejected, hold.samples[1]))
            self._series.add(evaluated)

    def _combine(self) -> None:
        rng = np.random.default_rng(BOOTSTRAP_SEED)
        self.result = summarise([self._run.run()], rng, self._options.resamples)
        self._on_points(self.result.points)
        self._draw_curves()

    def _draw_curves(self) -> None:
        if self._model is None or not self._run.evaluated:
            self._curves = ()
            return
        largest_V = BEYOND * max(abs(hold.estimate.amplitude_V) for hold in self._run.evaluated)
        resistance = self._run.evaluated[-1].thermometer.resistance_K_per_W
        self._curves = heating_curves(self._model, largest_V, resistance, self._coupling_eV)

    def _noise(self) -> Noise | None:
        if self.result is not None and self.result.noise is not None:
            return self.result.noise
        estimates = [h.estimate for h in self._run.evaluated[:LOOK_AHEAD] if h.estimate.white_V2_per_Hz > 0.0]
        if not estimates:
            return None
        white, corner = np.median([(e.white_V2_per_Hz, e.corner_Hz) for e in estimates], axis=0)
        return Noise(float(white), float(corner))

    def _draw(self) -> HeatingSnapshot:
        if not self._run.evaluated:
            return replace(self._shown, model=self._model.source if self._model else "")
        reasons = self._run.reasons
        rejected = sum(reasons.values())
        result, thermometer = self.result, self._run.evaluated[-1].thermometer
        points = points_of(result.points) if result is not None else PointsSnapshot()
        totals = [
            points.q_total_pos_uW,
            points.q_total_neg_uW,
            *(c.predicted.q_total_pos_W / UW for c in self._curves),
        ]
        largest_uW = BEYOND * float(np.max(np.concatenate([*totals, [0.0]])))
        return HeatingSnapshot(
            series=self._series.snapshots(self._noise(), np.random.default_rng(BOOTSTRAP_SEED)),
            points=points,
            control_points=points_of(result.control_points) if result is not None else PointsSnapshot(),
            symmetric_total_uW=np.array([0.0, largest_uW]),
            symmetric_probe_uW=np.array([0.0, largest_uW / 2.0]),
            curves=self._curves,
            model=self._model.source if self._model is not None else "",
            holds=len(self._run.evaluated),
            used=len(self._run.evaluated) - rejected,
            rejected=rejected,
            reasons=dict(reasons.most_common()),
            judged=tuple(self._judged),
            resistance_K_per_W=thermometer.resistance_K_per_W,
            scale_relative=thermometer.scale_relative,
            warnings=result.warnings if result is not None else (),
        )


def hold_sentence(hold: EvaluatedHold) -> str:
    """Return the outcome of a hold: "hold 63 kept, 61 periods", "hold 62 rejected: 3 whole periods, 5 are needed".

    Holds are numbered from 1 here and in the status line, but from 0 in recordings.
    """
    estimate = hold.estimate
    name = f"hold {estimate.number + 1}"
    if estimate.rejected:
        return f"{name} rejected: {estimate.rejected}"
    cut = f", {estimate.exclusions[0].reason}" if estimate.exclusions else ""
    return f"{name} kept, {estimate.periods} period{'' if estimate.periods == 1 else 's'}{cut}"
