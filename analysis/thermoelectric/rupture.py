"""Step of the tip's temperature at one rupture, and the reasons for which a rupture is left out.

The rupture is found in the current alone, and so are the exclusions: the thermometer must not choose its own data.
Windows on both sides leave out the time in which the amplifiers settle.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from analysis.constants import G0_S
from analysis.detect import BoolArray, FirstRun
from analysis.heating.exclusion import ExclusionRules
from analysis.records import SKIPPED, FloatArray
from analysis.segmentation import THERMOMETER_RAILED
from analysis.thermoelectric.lost_molecules import LARGEST_STEP, LostMolecules, lost_molecules
from analysis.thermoelectric.rupture_holds import CENSORED, RuptureHold
from analysis.thermoelectric.rupture_reader import (
    LEAST_WINDOW_S,
    RuptureReader,
    RuptureRules,
    SampleStep,
    settled,
)
from analysis.trip import RUPTURE_SAMPLES, RUPTURE_SHARE

BLOCK_S = 0.1
LEFT_OVER = "some of several molecules are left after the rupture"

WIDENED = ExclusionRules().widened


@dataclass(frozen=True, eq=False)
class MeasuredRupture:
    """Result of one hold.

    Parameters
    ----------
    number, sample : int
        Of the hold; index of the first sample after the rupture.
    rate_Hz : float
    heated : bool
    control, mode, where : str
        ``where`` is what is heated: "tip", "base" or "substrate".
    thermal_Hz : float
    censored : bool
        True if it did not break within the longest hold.
    rejected : str
        Reason for which it is left out; "" if it is used.
    held_s : float
        Time from the beginning of the hold to the rupture.
    molecules : int
        Those that were lost until the junction was open, at least; where there are several, all numbers are of the time
        before the first was lost.
    conductance_S, power_W : float
        Before the rupture.
    both_polarities : bool
        True if the bias changed its sign, so that Peltier heat is no part of the mean.
    step : SampleStep or None
    shams : tuple of (str, SampleStep)
        The same at samples drawn at random in the "junction" and in the "gap".
    difference_K : float
        2w: amplitude of the difference between tip and substrate; dc: NaN, as the thermometer's zero is not known yet.
    thermocouple_V, base_K, substrate_K, heater_W, ambient_K : float
        Means before the rupture.
    trace_K : ndarray
        Temperature about the rupture less that afterwards, in bins; NaN where there is none.
    open_V : ndarray
        Thermocouple after the rupture without what was fitted: noise.
    """

    number: int
    sample: int
    rate_Hz: float
    heated: bool
    control: str
    mode: str
    thermal_Hz: float
    where: str = "tip"
    censored: bool = False
    rejected: str = ""
    held_s: float = math.nan
    molecules: int = 1
    conductance_S: float = math.nan
    power_W: float = math.nan
    both_polarities: bool = True
    step: SampleStep | None = None
    shams: tuple[tuple[str, SampleStep], ...] = ()
    difference_K: float = math.nan
    thermocouple_V: float = math.nan
    base_K: float = 0.0
    substrate_K: float = 0.0
    heater_W: float = math.nan
    ambient_K: float = 300.0
    trace_K: FloatArray | None = None
    open_V: FloatArray | None = None


@dataclass(frozen=True)
class ZeroReading:
    """Thermocouple with the heater off and the tip away, in V, at a sample."""

    sample: int
    thermocouple_V: float


def zero_reading(hold: RuptureHold) -> ZeroReading | None:
    """Return the thermometer's zero from a hold in which it was read; None if samples are missing or it was stopped."""
    volts = hold.thermocouple_V
    if hold.ended == "aborted" or not volts.size or not np.isfinite(volts).all():
        return None
    return ZeroReading(sum(hold.samples) // 2, float(volts.mean()))


def measured(hold: RuptureHold, rules: RuptureRules, rng: np.random.Generator) -> MeasuredRupture:
    """Find the rupture of a hold and measure the step there, and at samples drawn at random."""
    found = MeasuredRupture(
        hold.number,
        hold.samples[1],
        hold.rate_Hz,
        hold.heated,
        hold.control,
        hold.mode,
        hold.thermal_Hz,
        str(hold.notes.get("heater_where", "tip")),
        censored=hold.ended == CENSORED,
        ambient_K=float(hold.notes.get("ambient_K", 300.0)),
    )
    if found.censored:
        return found
    keep = settled(hold, rules)
    at = rupture_sample(hold, keep)
    reason = _unusable(hold) or ("no rupture in the current" if at is None else "")
    if reason or at is None:
        return replace(found, rejected=reason)
    found, reader = replace(found, sample=hold.samples[0] + at), RuptureReader(hold, rules)
    before, after = reader.windows(0, at, len(hold.bias_V))
    reason, lost = _left_out(hold, keep, reader, before, after)
    if reason or lost is None:
        return replace(found, rejected=reason)
    if lost.molecules > 1:
        before = slice(before.start, before.start + round(lost.unchanged * BLOCK_S * hold.rate_Hz))
    conductance_S, power_W = _electrical(hold, keep, before)
    return replace(
        found,
        held_s=at / hold.rate_Hz,
        molecules=lost.molecules,
        conductance_S=conductance_S,
        power_W=power_W,
        both_polarities=bool(np.ptp(hold.bias_V[before]) > abs(hold.bias_V[before].mean())),
        step=reader.step_between(before, after),
        shams=tuple(reader.shams(at, rng)),
        difference_K=reader.difference_K(before),
        thermocouple_V=float(hold.thermocouple_V[before].mean()),
        base_K=float(hold.base_K[before].mean()),
        substrate_K=float(hold.substrate_K[before].mean()),
        heater_W=float(hold.heater_W[before].mean()),
        trace_K=reader.picture(at),
        open_V=reader.residual_V(at),
    )


def rupture_sample(hold: RuptureHold, keep: BoolArray) -> int | None:
    """Return the index of the first sample after the rupture, from current and bias alone; None without one.

    ``keep`` is True for the samples away from edges of the bias.
    """
    at = np.flatnonzero(keep)
    broken_S = RUPTURE_SHARE * hold.window_G0[0] * G0_S
    below = np.abs(hold.current_A[at]) < broken_S * np.abs(hold.bias_V[at])
    last = FirstRun(RUPTURE_SAMPLES).feed(below)
    return None if last is None else int(at[last - RUPTURE_SAMPLES + 1])


def _unusable(hold: RuptureHold) -> str:
    for flag, reason in (
        ("aborted", "aborted"),
        ("gap", "samples are missing"),
        ("railed", "amplifier at its rail"),
        (THERMOMETER_RAILED, "thermometer at its rail"),
    ):
        if flag in hold.flags:
            return reason
    if hold.ended == SKIPPED:
        return "skipped by the user"
    return "" if hold.ended == "ruptured" else f"ended by a trip ({hold.ended})"


def _left_out(
    hold: RuptureHold, keep: BoolArray, reader: RuptureReader, before: slice, after: slice
) -> tuple[str, LostMolecules | None]:
    """Return why a rupture is left out, by its current and the heater's read-back, or "" and its molecules."""
    least = round(LEAST_WINDOW_S * hold.rate_Hz)
    if before.stop - before.start < least or after.stop - after.start < least:
        return f"less than {1e3 * LEAST_WINDOW_S:.0f} ms before or after the rupture", None
    low_G0, high_G0 = hold.window_G0
    seen_G0, left_G0 = _block_means_G0(hold, keep, before), _block_means_G0(hold, keep, after)
    if not ((seen_G0 >= low_G0 / WIDENED) & (seen_G0 <= high_G0 * WIDENED)).all():
        return "conductance before the rupture outside of twice the window", None
    lost = lost_molecules(seen_G0)
    if lost.reason:
        return lost.reason, None
    if (np.abs(left_G0) > RUPTURE_SHARE * low_G0).any():
        return "conducts again after the rupture", None
    if np.median(left_G0) > LARGEST_STEP * lost.last_G0:
        return LEFT_OVER, None
    if hold.heated and hold.mode == "2w" and not reader.heater_alternates(before):
        return "the heater's read-back does not alternate", None
    return "", lost


def _block_means_G0(hold: RuptureHold, keep: BoolArray, window: slice) -> FloatArray:
    """Return the means of the conductance in blocks of 0.1 s, in G0."""
    at = np.flatnonzero(keep[window]) + window.start
    block = ((at - window.start) / (BLOCK_S * hold.rate_Hz)).astype(np.int64)
    total_S = hold.current_A[at] / hold.bias_V[at]
    count = np.bincount(block)
    means_S = np.bincount(block, total_S)[count > 0] / count[count > 0]
    return np.asarray(means_S / (1.0 - means_S * hold.series_resistance_ohm) / G0_S)


def _electrical(hold: RuptureHold, keep: BoolArray, window: slice) -> tuple[float, float]:
    """Return the conductance, free of offsets if the bias has two levels, and the mean power in the junction."""
    kept = keep[window]
    volts, amperes = hold.bias_V[window][kept], hold.current_A[window][kept]
    if np.ptp(volts) > abs(float(volts.mean())):
        volts, amperes = volts - volts.mean(), amperes - amperes.mean()
    total_S = float(volts @ amperes / (volts @ volts))
    conductance_S = total_S / (1.0 - total_S * hold.series_resistance_ohm)
    across_V = hold.bias_V[window] - hold.current_A[window] * hold.series_resistance_ohm
    return conductance_S, float(np.mean(hold.current_A[window] * across_V))
