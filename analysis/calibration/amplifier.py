"""Gain and offset of the current amplifier, from its output on a known resistor."""

from dataclasses import dataclass
from math import hypot

from analysis.calibration.line import fit_line
from analysis.records import FloatArray


@dataclass(frozen=True)
class AmplifierGain:
    """Output = offset + gain x current (minus for an inverting amplifier), with one standard deviation each.

    ``statistical_V_per_A`` is the part of the gain's uncertainty that more or longer levels reduce.
    """

    gain_V_per_A: float
    uncertainty_V_per_A: float
    statistical_V_per_A: float
    offset_V: float
    offset_uncertainty_V: float
    inverting: bool = False


def gain_on_resistor(
    bias_V: FloatArray, output_V: FloatArray, resistance_ohm: float, resistance_uncertainty_ohm: float
) -> AmplifierGain:
    """Fit the amplifier's output against the current through a resistor.

    Parameters
    ----------
    bias_V, output_V : ndarray, shape (n,)
        Applied bias and mean output at each level.
    resistance_ohm, resistance_uncertainty_ohm : float
        Total resistance across the bias: resistor and leads.

    Raises
    ------
    ValueError
        With fewer than three levels, or if the output does not follow the bias.
    """
    line = fit_line(bias_V, output_V)
    if not abs(line.slope) > 5.0 * line.slope_sigma:
        raise ValueError(
            f"the output changes by {line.slope:.3g} +- {line.slope_sigma:.2g} V per volt of bias: there is no "
            f"resistor of {resistance_ohm:.4g} ohm in the circuit"
        )
    gain = abs(line.slope) * resistance_ohm
    statistical = line.slope_sigma * resistance_ohm
    return AmplifierGain(
        gain_V_per_A=gain,
        uncertainty_V_per_A=hypot(statistical, gain * resistance_uncertainty_ohm / resistance_ohm),
        statistical_V_per_A=statistical,
        offset_V=line.intercept,
        offset_uncertainty_V=line.intercept_sigma,
        inverting=line.slope < 0,
    )
