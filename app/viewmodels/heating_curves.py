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
from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel, Lead
from analysis.transport.transmission import levels_of

UW = 1e-6
MK = 1e-3
POINTS = 40
_FLOATING = "floating"


@dataclass(frozen=True, eq=False)
class HeatingCurve:
    """Model curve to compare points with; arrays of shape (n,) over rising bias.

    Parameters
    ----------
    name : str
        "Landauer", "voltage probe" or "voltage-temperature probe".
    bias_V : ndarray
        Amplitudes.
    q_total_pos_uW, q_total_neg_uW, q_probe_pos_uW, q_probe_neg_uW : ndarray
        Power in the junction and heat in the tip at positive and negative bias.
    dT_pos_mK, dT_neg_mK : ndarray
        Temperature rise of the tip.
    error_pos_uW, error_neg_uW : ndarray
        Standard error of the heats, from the data to which the model was fitted; NaN if unknown.
    """

    name: str
    bias_V: FloatArray
    q_total_pos_uW: FloatArray
    q_total_neg_uW: FloatArray
    q_probe_pos_uW: FloatArray
    q_probe_neg_uW: FloatArray
    dT_pos_mK: FloatArray
    dT_neg_mK: FloatArray
    error_pos_uW: FloatArray
    error_neg_uW: FloatArray


def heating_curves(
    model: JunctionModel, largest_V: float, resistance_K_per_W: float, coupling_eV: float
) -> tuple[HeatingCurve, ...]:
    """Return the curves of a model up to an amplitude.

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
        _landauer(model, bias_V, resistance_K_per_W),
        *(_probed(model, bias_V, resistance_K_per_W, coupling_eV) if coupling_eV > 0.0 else ()),
    )


def _curve(
    name: str, bias_V: FloatArray, total_W: FloatArray, probe_W: FloatArray, error_W: FloatArray, R_P: float
) -> HeatingCurve:
    """Convert powers of shape (2, n), at positive and negative bias, to a curve."""
    return HeatingCurve(
        name,
        bias_V,
        total_W[0] / UW,
        total_W[1] / UW,
        probe_W[0] / UW,
        probe_W[1] / UW,
        R_P * probe_W[0] / MK,
        R_P * probe_W[1] / MK,
        error_W[0] / UW,
        error_W[1] / UW,
    )


def _landauer(model: JunctionModel, bias_V: FloatArray, R_P: float) -> HeatingCurve:
    def probe_W(replica: JunctionModel) -> FloatArray:
        predicted = replica.predicted(bias_V, R_P)
        return np.stack([predicted.q_probe_pos_W, predicted.q_probe_neg_W])

    predicted = model.predicted(bias_V, R_P)
    error = model.error_of(probe_W)
    return _curve(
        "Landauer",
        bias_V,
        np.stack([predicted.q_total_pos_W, predicted.q_total_neg_W]),
        np.stack([predicted.q_probe_pos_W, predicted.q_probe_neg_W]),
        np.full((2, bias_V.size), np.nan) if error is None else error,
        R_P,
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
    both_V = np.stack([bias_V, -bias_V])
    curves = []
    for name, probe in probes.items():
        try:
            flows = probed_currents(ProbedJunction(huckel, (*real, probe)), both_V)
        except ProbeError:
            continue
        unknown = np.full(both_V.shape, np.nan)
        curves.append(_curve(name, bias_V, flows.heat_total_W, flows.heat_probe_W, unknown, R_P))
    return tuple(curves)
