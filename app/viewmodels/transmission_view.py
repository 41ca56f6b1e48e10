"""View of the model's transmission with the bias window."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np

from analysis.heating.junction_model import JunctionModel
from analysis.recording import RunHeader
from analysis.records import FloatArray
from analysis.transport.transmission import BreitWignerLevel, levels_of
from app.viewmodels.iv_view import conductance_error_G0, error_of_number
from app.viewmodels.registry import IV
from app.viewmodels.view import StreamView

POINTS = 601
LEAST_REACH_EV = 1.0


@dataclass(frozen=True, eq=False)
class TransmissionSnapshot:
    """Transmission of a model.

    Parameters
    ----------
    energy_eV, transmission : ndarray, shape (n,)
        Energy relative to the Fermi level, and transmission for a logarithmic axis. Empty without a model.
    low, high : ndarray, shape (n,)
        68 % interval, from junctions left out in turn; both equal ``transmission`` if unknown.
    window_eV : (float, float)
        Chemical potentials that bound the bias window.
    bias_V : float
        Bias of the window.
    levels_eV : tuple of float
        Energies of the levels.
    conductance_G0, seebeck_uV_per_K : float
        Values at zero bias.
    source : str
        Source of the model.
    side_known : bool
        False if the data do not determine on which side of E_F the level lies; its mirror image then fits as well.
    parameters : mapping of str to (value, error)
        Parameters of a fitted model, or of the single level of a given model, with errors NaN.
    sigma_conductance_G0, sigma_seebeck_uV_per_K : float
        Statistical errors of the values at zero bias; NaN if unknown.
    given : bool
        True for a model that was opened, not fitted.
    """

    energy_eV: FloatArray = field(default_factory=lambda: np.empty(0))
    transmission: FloatArray = field(default_factory=lambda: np.empty(0))
    low: FloatArray = field(default_factory=lambda: np.empty(0))
    high: FloatArray = field(default_factory=lambda: np.empty(0))
    window_eV: tuple[float, float] = (float("nan"), float("nan"))
    bias_V: float = float("nan")
    levels_eV: tuple[float, ...] = ()
    conductance_G0: float = float("nan")
    seebeck_uV_per_K: float = float("nan")
    source: str = ""
    side_known: bool = True
    parameters: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    sigma_conductance_G0: float = float("nan")
    sigma_seebeck_uV_per_K: float = float("nan")
    given: bool = False


class TransmissionModel(StreamView[TransmissionSnapshot]):
    """View of the latest model at the latest amplitude of the bias."""

    plot = "app.gui.plots.transmission:TransmissionPlot"
    awaited = "The transmission appears here once a model has been fitted to a few I-V curves."

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of the empty plots of a recording, by their titles."""
        fitted = "fitted to the I-V curves or " if IV in filled else ""
        return {
            "transmission": f"The transmission appears here once a model has been {fitted}opened with File, Open "
            "transmission model."
        }

    def __init__(self) -> None:
        super().__init__()
        self._model: JunctionModel | None = None
        self._bias_V = float("nan")

    @property
    def model(self) -> JunctionModel | None:
        """Current model; None without one."""
        return self._model

    def show(self, model: JunctionModel | None) -> None:
        """Set the model."""
        with self._lock:
            self._model, self._drawn = model, None

    def bias(self, bias_V: float) -> None:
        """Set the bias of the window."""
        if bias_V != self._bias_V:
            with self._lock:
                self._bias_V, self._drawn = bias_V, None

    def _draw(self) -> TransmissionSnapshot:
        model, bias_V = self._model, self._bias_V
        if model is None:
            return TransmissionSnapshot(bias_V=bias_V)
        half = abs(bias_V) / 2.0
        levels = levels_of(model.transmission)
        energies = tuple(level.energy_eV for level in levels)
        reach = max(LEAST_REACH_EV, 1.5 * np.nan_to_num(half), *(abs(e) * 1.3 for e in energies))
        energy = np.linspace(-reach, reach, POINTS)
        at_V = float(np.nan_to_num(bias_V))

        def tau(replica: JunctionModel) -> FloatArray:
            return replica.transmission(energy, at_V)

        middle, error = tau(model), model.error_of(tau)
        spread = np.zeros_like(middle) if error is None else error
        return TransmissionSnapshot(
            energy_eV=energy,
            transmission=middle,
            low=np.maximum(middle - spread, 0.0),
            high=middle + spread,
            window_eV=(-half, half),
            bias_V=bias_V,
            levels_eV=energies,
            conductance_G0=model.conductance_G0,
            seebeck_uV_per_K=model.seebeck_V_per_K * 1e6,
            source=model.source,
            side_known=model.side_known,
            parameters=dict(model.parameters) or _of_one(levels),
            sigma_conductance_G0=conductance_error_G0(model),
            sigma_seebeck_uV_per_K=1e6 * error_of_number(model, attrgetter("seebeck_V_per_K")),
            given=not model.parameters,
        )


def _of_one(levels: Sequence[BreitWignerLevel]) -> dict[str, tuple[float, float]]:
    """Return the parameters of a single level, named as those of a fit; empty for several levels."""
    if len(levels) != 1:
        return {}
    names = ("energy_eV", "gamma_probe_eV", "gamma_substrate_eV")
    return {name: (float(getattr(levels[0], name)), float("nan")) for name in names}
