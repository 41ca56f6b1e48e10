"""Model curves of the heat in the tip against the power in the junction: Landauer, and with Buettiker probes."""

from dataclasses import dataclass

import numpy as np

from analysis.buettiker.errors import ProbeError
from analysis.buettiker.nonequilibrium import probed_currents
from analysis.buettiker.terminals import (
    AnyTerminal,
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    VoltageTemperatureProbe,
)
from analysis.heating.junction_model import JunctionModel
from analysis.heating.prediction import Prediction
from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel, Lead
from analysis.transport.transmission import levels_of

POINTS = 40
_FLOATING = "floating"


@dataclass(frozen=True, eq=False)
class HeatingCurve:
    """Model curve to compare points with.

    Parameters
    ----------
    name : str
        "Landauer", "voltage probe" or "voltage-temperature probe".
    predicted : Prediction
        Powers and temperature rises over bias, shape (n,).
    error_pos_K, error_neg_K, error_asymmetry_K : ndarray, shape (n,)
        Standard errors of the temperature rises and of dT(-) - dT(+), from the data to which the model was fitted;
        NaN if unknown.
    """

    name: str
    predicted: Prediction
    error_pos_K: FloatArray
    error_neg_K: FloatArray
    error_asymmetry_K: FloatArray


def heating_curves(
    model: JunctionModel, largest_V: float, resistance_K_per_W: float, coupling_eV: float
) -> tuple[HeatingCurve, ...]:
    """Return the curves of a model from zero bias to an amplitude.

    Parameters
    ----------
    model : JunctionModel
    largest_V : float
    resistance_K_per_W : float
        Thermal resistance R_P of the tip.
    coupling_eV : float
        Width of the level due to a probe; 0 omits the curves with probes, as does a model that is not one level.
    """
    bias_V = np.linspace(0.0, largest_V, POINTS)
    return (
        landauer_curve(model, bias_V, resistance_K_per_W),
        *(_probed(model, bias_V, resistance_K_per_W, coupling_eV) if coupling_eV > 0.0 else ()),
    )


def landauer_curve(model: JunctionModel, bias_V: FloatArray, resistance_K_per_W: float) -> HeatingCurve:
    """Return the curve without probes at these biases, shape (n,), with its statistical errors."""

    def rises_K(replica: JunctionModel) -> FloatArray:
        p = replica.predicted(bias_V, resistance_K_per_W)
        return np.stack([p.dT_pos_K, p.dT_neg_K, p.asymmetry_K])

    errors = model.error_of(rises_K)
    unknown = np.full((3, bias_V.size), np.nan)
    return HeatingCurve(
        "Landauer",
        model.predicted(bias_V, resistance_K_per_W),
        *(unknown if errors is None else errors),
    )


def _probed(
    model: JunctionModel, bias_V: FloatArray, R_P: float, coupling_eV: float
) -> tuple[HeatingCurve, ...]:
    """Return the curves with a voltage probe and a voltage-temperature probe; omit one that does not converge."""
    levels = levels_of(model.transmission)
    if len(levels) != 1:
        return ()
    level = levels[0]
    leads = (
        Lead("probe", {1: level.gamma_probe_eV}),
        Lead("substrate", {1: level.gamma_substrate_eV}),
        Lead(_FLOATING, {1: coupling_eV}),
    )
    huckel = HuckelModel(np.array([[level.energy_eV]]), leads, level.bias_drop)
    real = tuple(JunctionTerminal(name, model.temperature_K) for name in ("probe", "substrate"))
    probes: dict[str, AnyTerminal] = {
        "voltage probe": VoltageProbe(_FLOATING, model.temperature_K),
        "voltage-temperature probe": VoltageTemperatureProbe(_FLOATING),
    }
    curves = []
    for name, probe in probes.items():
        try:
            flows = probed_currents(ProbedJunction(huckel, (*real, probe)), np.stack([bias_V, -bias_V]))
        except ProbeError:
            continue
        predicted = Prediction(bias_V, R_P, *flows.heat_total_W, *flows.heat_probe_W)
        curves.append(HeatingCurve(name, predicted, *np.full((3, bias_V.size), np.nan)))
    return tuple(curves)
