"""Result of a thermopower measurement: sets at each temperature difference, and the line through their means.

    v = (S - S_lead) theta + offset

v is the open-circuit voltage less that of the contact, theta the reduced temperature difference. The slope is that of
York's line, with errors in both; the scale error of the thermometer, common to all sets, is added afterwards. The
intercept is free. Beside it stand the least-squares and the Theil-Sen line through single junctions.
"""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import scipy

from analysis.line_fit import Line, slope_through_origin
from analysis.numbers import counted
from analysis.thermoelectric.contact_offset import Contact
from analysis.thermoelectric.control_verdict import ControlVerdict
from analysis.thermoelectric.temperatures import reduced_difference_K
from analysis.thermoelectric.thermopower_hold import MeasuredHold
from analysis.thermoelectric.thermopower_line import Spread
from analysis.thermoelectric.two_kinds import TwoKinds, two_kinds
from analysis.thermoelectric.zero_scatter import ZeroScatter


@dataclass(frozen=True)
class Lead:
    """Thermopower of the heated lead and its standard uncertainty, in V/K."""

    seebeck_V_per_K: float
    sigma_V_per_K: float


GOLD_FILM = Lead(1.9e-6, 0.2e-6)
"""Gold film at 300 K; a value from memory, which the rig file should replace."""

LARGEST_OFF = 0.3
"""Relative deviation of the largest difference from the wanted one beyond which heater or thermometer are doubted."""

LEAST_OPPOSITE = 0.2
"""Least difference of the sign opposite to the wanted one, over that, which is no noise."""


@dataclass(frozen=True)
class PlacedHold:
    """A hold with the temperatures of its electrodes."""

    hold: MeasuredHold
    tip_K: float
    substrate_K: float

    @property
    def difference_K(self) -> float:
        """T_tip - T_substrate."""
        return self.tip_K - self.substrate_K

    @property
    def reduced_K(self) -> float:
        """Reduced difference theta."""
        return float(reduced_difference_K(self.tip_K, self.substrate_K))


@dataclass(frozen=True)
class ThermopowerSet:
    """Junctions at one temperature difference: mean, median, mode, and the three widths SEM, SD and FWHM."""

    wanted_K: float
    dT_K: float
    reduced_K: float
    sigma_reduced_K: float
    T_mean_K: float
    junctions: int
    mean_V: float
    median_V: float
    mode_V: float
    sd_V: float
    sigma_square_V2: float
    fwhm_V: float
    sem_V: float
    noise_V: float
    contact_offset_V: float


@dataclass(frozen=True, eq=False)
class ThermopowerAnalysis:
    """Result of a thermopower measurement; the line is None with fewer than two sets.

    Parameters
    ----------
    sets : tuple of ThermopowerSet
    line : Line or None
        Slope S_meas and intercept.
    scale_relative : float
        Relative error of all temperatures.
    junctions_ls, theil_sen : tuple of float
        Slope through single junctions and its standard error, by bootstrap.
    spread : Spread or None
        That of the thermopower between junctions; None with fewer than two sets.
    zero : ZeroScatter or None
        Scatter of the holds at dT = 0, by which the errors of all single holds are widened if they are too small.
    polarity : tuple of float
        Mean difference of v between both signs of the heater's voltage and its error; NaN without both.
    quadrature_V_per_K : tuple of float
        Voltage out of phase with an alternating temperature over its amplitude, and its error; NaN without one.
    excluded : mapping of str to int
    holds : tuple of PlacedHold
        Those that were used.
    conductance_S : float
        Mean of the junctions.
    lead : Lead
        The heated lead, whose thermopower is not in the slope.
    """

    sets: tuple[ThermopowerSet, ...]
    line: Line | None
    scale_relative: float
    junctions_ls: tuple[float, float]
    theil_sen: tuple[float, float]
    spread: Spread | None
    zero: ZeroScatter | None
    polarity_V: tuple[float, float]
    quadrature_V_per_K: tuple[float, float]
    excluded: Counter[str]
    holds: tuple[PlacedHold, ...]
    conductance_S: float
    lead: Lead = GOLD_FILM
    controls: tuple[ControlVerdict, ...] = ()

    @property
    def sigma_V_per_K(self) -> float:
        """Standard error of the slope with the scale of the temperatures."""
        return math.nan if self.line is None else self.line.with_scale_error(self.scale_relative)

    @property
    def spread_V_per_K(self) -> float:
        """Standard deviation of the thermopower between junctions; 0 if the noise explains all."""
        return math.nan if self.spread is None else self.spread.V_per_K

    @property
    def kinds(self) -> TwoKinds | None:
        """Two Gaussians through the thermopowers of single heated junctions, where BIC prefers them by more than 10."""
        line = self.line
        if line is None:
            return None
        heated = [one for one in self.holds if abs(one.reduced_K) > 1.0]
        return two_kinds(np.array([(x.hold.voltage_V - line.intercept) / x.reduced_K for x in heated]))

    @property
    def p_value(self) -> float:
        """Chance of a larger chi2 if the sets lie on a line; NaN for two sets."""
        line = self.line
        if line is None or line.degrees_of_freedom < 1:
            return math.nan
        return float(scipy.special.gammaincc(line.degrees_of_freedom / 2.0, line.chi2 / 2.0))

    @property
    def through_origin_V_per_K(self) -> float:
        """Slope of the line through the origin, which an offset falsifies; for comparison."""
        heated = [one for one in self.sets if one.wanted_K]
        if not heated:
            return math.nan
        return slope_through_origin(
            [one.reduced_K for one in heated],
            [one.mean_V for one in heated],
            [one.sigma_reduced_K for one in heated],
            [max(one.sem_V, 1e-12) for one in heated],
        )

    @property
    def junction_V_per_K(self) -> float:
        """Thermopower of the junction alone: measured one plus that of the lead."""
        return math.nan if self.line is None else self.line.slope + self.lead.seebeck_V_per_K

    @property
    def sigma_junction_V_per_K(self) -> float:
        """Standard error of `junction_V_per_K`."""
        return math.hypot(self.sigma_V_per_K, self.lead.sigma_V_per_K)

    @property
    def _steady(self) -> bool:
        """True without an alternating heater, whose amplitude is not the wanted difference."""
        return not any(math.isfinite(one.hold.amplitude_K) for one in self.holds)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the reader."""
        found = self._about_zero()
        if self.line is None:
            found.append(
                "Thermopower: fewer than two temperature differences with junctions; there is no slope."
            )
            return tuple(found)
        slope, sigma = self.line.slope, self.line.sigma_slope
        hottest = max(self.sets, key=lambda one: abs(one.wanted_K))
        if hottest.dT_K * hottest.wanted_K < -LEAST_OPPOSITE * hottest.wanted_K**2:
            found.append(
                f"Thermopower: the thermometer shows {hottest.dT_K:+.3g} K where {hottest.wanted_K:+.3g} K were "
                "wanted: the leads of the thermocouple are reversed, or the sign of its preamplifier is wrong, and the "
                "thermopower has the wrong sign."
            )
        elif self._steady and abs(hottest.dT_K - hottest.wanted_K) > LARGEST_OFF * abs(hottest.wanted_K):
            found.append(
                f"Thermopower: the thermometers show {hottest.dT_K:+.3g} K where {hottest.wanted_K:+.3g} K were "
                "wanted: S_TC of the tip, the gain of its preamplifier, or heater.kelvin_per_W of the rig file is "
                "wrong. If it is the thermometer, the thermopower is wrong by the same factor."
            )
        for name, (other, error) in (("least-squares", self.junctions_ls), ("Theil-Sen", self.theil_sen)):
            if abs(other - slope) > 2.0 * math.hypot(error, sigma):
                found.append(
                    f"Thermopower: the {name} line through single junctions has {1e6 * other:.3g} uV/K, the line "
                    f"through the means {1e6 * slope:.3g} uV/K: tails, or two kinds of junctions."
                )
        found += self._about_offsets()
        mean, error = self.polarity_V
        if error > 0.0 and abs(mean) > 3.0 * error:
            found.append(
                f"Thermopower: the voltage differs by {1e6 * mean:.3g} uV between both signs of the heater's voltage: "
                "the heater leaks into the current. Its mean over both signs is used."
            )
        return tuple(found)

    def _about_zero(self) -> list[str]:
        """Return a sentence if the holds at dT = 0 scatter far more than their own errors say."""
        zero = self.zero
        if zero is None or not zero.worth_a_warning:
            return []
        return [
            f"Thermopower: {zero.holds} holds at dT = 0 K scatter by {1e6 * zero.sd_V:.2g} uV, but their own errors "
            f"are {1e6 * zero.noise_V:.2g} uV (chi2 {zero.reduced_chi2:.2g} for each): a pump or a line of the mains "
            "within 0.5 Hz of a multiple of the modulation, or an offset of the bias that wanders. The errors of "
            f"single holds are multiplied by {zero.error_scale:.2g}; S, its error and the spread of the junctions "
            "come from the scatter. Modulate at another frequency, or stop the machine."
        ]

    def _about_offsets(self) -> list[str]:
        """Return a sentence if contacts that should show the offset of the bias do not."""
        seen = Counter(one.hold.contact for one in self.holds)
        if seen[Contact.OTHERS]:
            return [
                f"Thermopower: {seen[Contact.OTHERS]} of {counted(len(self.holds), 'junction')} had no contact that "
                "shows the offset of the bias: it was at the rail of the current amplifier, or is missing. They have "
                "the mean offset of the contacts nearest in time."
            ]
        if lost := seen[Contact.RAILED] + seen[Contact.UNCLEAR]:
            return [
                f"Thermopower: none of {counted(lost, 'contact')} shows the offset of the bias (at the rail of the "
                "current amplifier, or missing levels): the voltages and the intercept contain it."
            ]
        return []
