"""Sentences on a thermal conductance: its value and errors, metallic contacts, and what a reader must know first."""

import math

from analysis.constants import G0_S
from analysis.numbers import counted, significant, with_error
from analysis.thermoelectric.detectability import repetitions
from analysis.thermoelectric.lost_molecules import ROSE
from analysis.thermoelectric.thermal_conductance import ThermalConductanceAnalysis
from analysis.thermoelectric.wiedemann_franz import electron_W_per_K

PW = 1e-12
AT_ROOM_K = 300.0
HEATER_OFF, LORENZ_OFF = 0.25, 0.25
"""Deviations of the heater's ratio, and of L/L0, from 1 beyond which the thermometer is doubted."""

LARGEST_JOULE = 0.5
"""Joule heat over the leak of heat beyond which a warning says so."""

LARGEST_MOVE = 0.05
"""Move of the thermometer's zero over the temperature difference beyond which a warning says so."""


def conductance_words(result: ThermalConductanceAnalysis) -> list[str]:
    """Return the result as sentences."""
    if not math.isfinite(result.conductance.sigma):
        return [
            f"There are too few ruptures for a thermal conductance: {counted(len(result.used), 'rupture')}."
        ]
    mean, before = result.conductance, result.windows_s
    kind = "amplitude of the difference" if result.mode == "2w" else "temperature difference"
    found = [
        f"G_th = {with_error(mean.value / PW, mean.sigma / PW)} pW/K at {result.mean_K:.0f} K from "
        f"{counted(len(result.used), 'rupture')} (heater {result.mode}, {kind} {abs(result.difference_K):.3g} K); the "
        f"noise alone gives {significant(result.noise_sigma_W_per_K / PW, 2)} pW/K, and R_P "
        f"{100 * result.scale_relative:.2g} % beside it. What is measured is the junction less the gap that it leaves.",
        f"Windows of {before[0]:.2g} s before and {before[1]:.2g} s after the rupture; "
        f"{counted(result.off, 'rupture')} with the heater off, {counted(result.censored, 'hold')} censored.",
    ]
    if result.spread_W_per_K == 0.0:
        found.append("The noise of single ruptures explains the scatter of the junctions.")
    elif math.isfinite(result.spread_W_per_K):
        found.append(
            f"Junctions scatter by {significant(result.spread_W_per_K / PW, 2)} pW/K (SD) beyond the noise."
        )
    if result.mode == "dc":
        share = result.joule_share
        found.append(
            f"Joule heat: {with_error(share.value, share.sigma)} of the power warms the tip, "
            f"{1e9 * result.joule_W:.2g} nW; without its subtraction G_th would be "
            f"{result.uncorrected_W_per_K / PW:.3g} pW/K."
        )
    zero = result.zero
    if zero is not None and zero.readings > 1:
        found.append(
            f"The thermometer's zero was read {zero.readings} times with the heater off; it moved by "
            f"{significant(1e3 * zero.range_K, 2)} mK in all, which is taken off the temperature difference."
        )
    return [*found, *several_words(result), *lorenz_words(result)]


def several_words(result: ThermalConductanceAnalysis) -> list[str]:
    """Return sentences on the junctions of several molecules; none without any."""
    found = []
    for one in result.several:
        whole, each = one.W_per_K, one.per_molecule
        found.append(
            f"{counted(one.ruptures, 'junction')} lost {one.molecules} molecules one after another: G_th = "
            f"{with_error(whole.value / PW, whole.sigma / PW)} pW/K before the first, "
            f"{with_error(each.value / PW, each.sigma / PW)} pW/K a molecule; G = {one.G_S / G0_S:.2g} G0. They have "
            "no part in the G_th above."
        )
    rose = result.excluded[ROSE]
    if found and rose:
        found.append(
            f"The conductance of {counted(rose, 'other junction')} rose before the rupture. Contacts that rearrange "
            "rise as often as they fall, so that about as many of these falls are no lost molecule."
        )
    return found


def lorenz_words(result: ThermalConductanceAnalysis) -> list[str]:
    """Return the comparison with Wiedemann and Franz as sentences; none without metallic contacts."""
    ratio = result.lorenz
    if ratio is None:
        return []
    sigma = math.hypot(ratio.sigma, ratio.value * ratio.scale_relative)
    return [
        f"Wiedemann and Franz: L/L0 = {with_error(ratio.value, sigma)} from {counted(ratio.contacts, 'contact')} "
        f"(chi2 per contact {ratio.reduced_chi2:.2g}). A contact of 1 G0 has "
        f"{ratio.one_quantum_W_per_K / PW:.4g} pW/K at {ratio.mean_K:.0f} K, where L0 T G0 is "
        f"{electron_W_per_K(G0_S, ratio.mean_K) / PW:.4g} pW/K; at 300 K L0 T G0 is "
        f"{electron_W_per_K(G0_S, AT_ROOM_K) / PW:.4g} pW/K."
    ]


def thermometer_warnings(result: ThermalConductanceAnalysis) -> list[str]:
    """Return what the heater's power, and metallic contacts, say against the thermometer."""
    found, ratio, lorenz = [], result.heater_ratio, result.lorenz
    if ratio < 0.0:
        found.append(
            "Thermal conductance: the tip reads colder with the heater on: the leads of the thermocouple are reversed, "
            "or the sign of its preamplifier is wrong. Joule heat is then subtracted with the wrong sign."
        )
    elif abs(ratio - 1.0) > HEATER_OFF:
        found.append(
            f"Thermal conductance: the heated tip rises by {ratio:.2g} times R_P times the heater's power: R_P, S_TC, "
            "or the heater's resistance or read-back of the rig file is wrong. If it is R_P, G_th is wrong by the same "
            "factor."
        )
    if lorenz is not None:
        sigma = math.hypot(lorenz.sigma, lorenz.value * lorenz.scale_relative)
        if abs(lorenz.value - 1.0) > max(LORENZ_OFF, 3.0 * sigma):
            found.append(
                f"Thermal conductance: L/L0 = {with_error(lorenz.value, sigma)}, but metallic contacts follow "
                "Wiedemann and Franz within some 10 %: R_P or a gain of the rig file is wrong, or heat takes another "
                "way."
            )
    return found


def warnings_of(result: ThermalConductanceAnalysis) -> tuple[str, ...]:
    """Return sentences for the reader of a result."""
    found, mean = thermometer_warnings(result), result.conductance
    joule = mean.value - result.uncorrected_W_per_K
    if abs(joule) > LARGEST_JOULE * abs(mean.value):
        found.append(
            f"Thermal conductance: without the subtraction of Joule heat G_th would be "
            f"{result.uncorrected_W_per_K / PW:.3g} instead of {mean.value / PW:.3g} pW/K. Use a smaller bias, or an "
            "alternating heater."
        )
    zero = result.zero
    if zero is not None and zero.largest_move_K > LARGEST_MOVE * abs(result.difference_K):
        found.append(
            f"Thermal conductance: the thermometer's zero moved by {zero.largest_move_K:.2g} K from one reading with "
            f"the heater off to the next, and dT is {abs(result.difference_K):.3g} K. Read it more often "
            "(zero_every), or use an alternating heater."
        )
    sham = result.sham
    if sham is not None and not sham.as_expected:
        wider = (
            f" Errors of single ruptures, and what the noise alone gives, are multiplied by {sham.error_scale:.2g}; "
            "how much the junctions scatter beyond it is not known."
            if sham.error_scale > 1.0
            else ""
        )
        found.append(
            f"Thermal conductance: steps where nothing broke scatter with chi2 = {sham.reduced_chi2:.2f} per step, so "
            "the noise is not what the expected errors assume (drift, lines, a pump). The error by bootstrap holds."
            f"{wider}"
        )
    noise = result.noise_sigma_W_per_K * math.sqrt(len(result.used))
    if mean.value > 0.0 and mean.sigma > 0.5 * mean.value:
        needed = repetitions(noise, mean.value)
        found.append(
            f"Thermal conductance: the error is {100 * mean.sigma / mean.value:.0f} % of the value; 10 % would take "
            f"about {needed} ruptures."
        )
    return tuple(found)
