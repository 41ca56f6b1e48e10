"""Thermometer of one hold that ended with a rupture: steps and amplitudes at a sample, and the trace about it."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.heating.mask import LEAST_SAMPLES, TIME_CONSTANTS, Filters
from analysis.records import FloatArray
from analysis.thermoelectric.detectability import LONGEST_WINDOW_S
from analysis.thermoelectric.modulated_step import fitted_amplitude, lines_Hz, waves
from analysis.thermoelectric.rupture_holds import RuptureHold
from analysis.thermoelectric.rupture_step import StepWindows, step_weights

LEAST_WINDOW_S = 0.05
STEADY = 0.03
"""Largest relative change of the current across a sample of an intact junction that is drawn for comparison."""

BEGIN_S = 0.05
"""Left out at the start of a hold, in which the heater begins to alternate."""

CURVED_S = 0.3
"""Window from which the baseline of a steady heater is a parabola, not a line."""

LEAST_READ_BACK = 0.02
"""Least share of the heater's power that alternates in its read-back."""

LEAD_S = 0.0015
"""Left out before each edge of the looped-back bias."""

PICTURE_S = {"dc": (1.0, 0.02), "2w": (2.0, 0.1)}
"""Half of the time of the aligned trace, and its bins."""


@dataclass(frozen=True)
class RuptureRules:
    """Properties of the rig that the evaluation of a rupture needs.

    Parameters
    ----------
    seebeck_V_per_K : float
        S_TC.
    filters : Filters
    mains_Hz : float
        0: no line is fitted.
    """

    seebeck_V_per_K: float
    filters: Filters
    mains_Hz: float = 50.0

    def settle(self, rate_Hz: float) -> int:
        """Return the samples in which both amplifiers settle."""
        slowest_s = max(self.filters.thermometer_s, self.filters.current_s, self.filters.tip_s)
        return max(LEAST_SAMPLES, math.ceil(TIME_CONSTANTS * slowest_s * rate_Hz))


def settled(hold: RuptureHold, rules: RuptureRules) -> NDArray[np.bool_]:
    """Return True for samples away from the edges of the bias, with at least half of the largest one, shape (n,)."""
    modulus_V = np.abs(hold.bias_V)
    largest_V = float(np.nanmax(modulus_V)) if len(modulus_V) else 0.0
    keep = modulus_V > 0.5 * largest_V  # nor is NaN
    lead = math.ceil(LEAD_S * hold.rate_Hz)
    after = math.ceil(TIME_CONSTANTS * rules.filters.current_s * hold.rate_Hz)
    for edge in np.flatnonzero(np.abs(np.diff(hold.bias_V)) > 0.5 * largest_V) + 1:
        keep[max(edge - lead, 0) : edge + after] = False
    return keep


@dataclass(frozen=True)
class SampleStep:
    """A step at one sample: its value in K, and the samples used before and after it.

    ``value_K`` is positive if the tip is warmer afterwards; for an alternating heater it is the change of the
    amplitude, in phase with the difference between tip and substrate.
    """

    value_K: float
    before: int
    after: int
    gap: int


class RuptureReader:
    """Thermometer of one hold: steps, amplitudes and the trace about a sample."""

    def __init__(self, hold: RuptureHold, rules: RuptureRules) -> None:
        self._hold, self._rules = hold, rules
        self._tip_K = -hold.thermocouple_V / rules.seebeck_V_per_K
        self._time_s = np.arange(len(self._tip_K)) / hold.rate_Hz
        rate_Hz = hold.rate_Hz
        edge = math.ceil(LEAD_S * rate_Hz) + math.ceil(TIME_CONSTANTS * rules.filters.current_s * rate_Hz)
        self._gap = rules.settle(rate_Hz) + edge
        self._begin = round(BEGIN_S * rate_Hz)
        self._longest = round(LONGEST_WINDOW_S.get(hold.mode, 1.0) * rate_Hz)
        self._alternating = hold.mode == "2w"
        self._lines_Hz = (rules.mains_Hz,)
        if self._alternating:
            self._waves = waves(self._time_s, hold.thermal_Hz, lines_Hz(rules.mains_Hz, hold.thermal_Hz))
            self._known: dict[tuple[str, int, int], complex] = {}
            self._values = {
                "tip": self._tip_K,
                "heater": hold.heater_W,
                "base": hold.base_K,
                "substrate": hold.substrate_K,
            }

    def windows(self, start: int, at: int, stop: int) -> tuple[slice, slice]:
        """Return the samples before and after a sample, within ``start`` to ``stop``."""
        first, last = max(start, self._begin), at - self._gap
        opened = at + self._gap
        return (
            slice(min(max(first, last - self._longest), max(last, 0)), max(last, 0)),
            slice(opened, max(opened, min(stop, opened + self._longest))),
        )

    def step(self, start: int, at: int, stop: int) -> SampleStep:
        """Return the step at a sample, from the samples ``start`` to ``stop``."""
        return self.step_between(*self.windows(start, at, stop))

    def step_between(self, before: slice, after: slice) -> SampleStep:
        """Return the step from the samples of one window to those of a later one."""
        gap = (after.start - before.stop) // 2
        value_K = self._change_K(before, after) if self._alternating else self._step_K(before, after, gap)
        return SampleStep(value_K, before.stop - before.start, after.stop - after.start, gap)

    def _step_K(self, before: slice, after: slice, gap: int) -> float:
        n = (before.stop - before.start, after.stop - after.start)
        windows = StepWindows(self._hold.rate_Hz, *n, gap)
        lines_Hz = self._lines_Hz if min(n) > 2 * self._hold.rate_Hz / max(self._rules.mains_Hz, 1.0) else ()
        weights = step_weights(windows, baseline_order(windows), [f for f in lines_Hz if f])
        return -float(weights @ np.concatenate([self._tip_K[before], self._tip_K[after]]))

    def _change_K(self, before: slice, after: slice) -> float:
        closed, opened = self._amplitude("tip", before), self._amplitude("tip", after)
        if not self._hold.heated:
            return (opened - closed).real
        power = self._amplitude("heater", before)
        opened *= power / self._amplitude("heater", after)
        driving = self._driving(before)
        return ((opened - closed) / driving).real * abs(driving)

    def _amplitude(self, quantity: str, window: slice) -> complex:
        """Return the complex amplitude of "tip", "heater", "base" or "substrate" in a window."""
        key = quantity, window.start, window.stop
        if key not in self._known:
            values, rows = self._values[quantity][window], self._waves[:, window]
            self._known[key] = fitted_amplitude(values, rows if quantity == "tip" else rows[:2])
        return self._known[key]

    def _driving(self, window: slice) -> complex:
        """Return the complex amplitude of the difference between tip and substrate."""
        hold = self._hold
        across = self._amplitude("tip", window)
        where = hold.notes.get("heater_where", "tip")
        if where == "base":
            across += self._amplitude("base", window)
        elif where == "substrate":
            across -= self._amplitude("substrate", window)
        return across

    def response_K_per_W(self) -> complex | None:
        """Return the amplitude of the tip over that of the heater's power; None if the read-back does not alternate."""
        whole = slice(self._begin, len(self._tip_K))
        if not self._alternating or not self.heater_alternates(whole):
            return None
        return self._amplitude("tip", whole) / self._amplitude("heater", whole)

    def heater_alternates(self, window: slice) -> bool:
        """Return True if the read-back shows an alternating power."""
        mean_W = float(self._hold.heater_W[window].mean())
        return mean_W > 0.0 and abs(self._amplitude("heater", window)) > LEAST_READ_BACK * mean_W

    def difference_K(self, window: slice) -> float:
        """Return the amplitude of the difference between tip and substrate; NaN with a steady heater."""
        return abs(self._driving(window)) if self._alternating and self._hold.heated else math.nan

    def shams(self, at: int, rng: np.random.Generator) -> list[tuple[str, SampleStep]]:
        """Return steps at samples drawn at random in the intact junction and in the open gap."""
        least = round(LEAST_WINDOW_S * self._hold.rate_Hz) + self._gap
        found = []
        for name, start, stop in (
            ("junction", self._begin, at - self._gap),
            ("gap", at + self._gap, len(self._tip_K)),
        ):
            if stop - start > 4 * least:
                drawn = int(rng.integers(start + least, stop - least))
                if name == "gap" or self._steady(*self.windows(start, drawn, stop)):
                    found.append((name, self.step(start, drawn, stop)))
        return found

    def _steady(self, before: slice, after: slice) -> bool:
        """Return True if the current is the same in both windows."""
        first_A, second_A = (float(np.abs(self._hold.current_A[part]).mean()) for part in (before, after))
        return abs(first_A - second_A) < STEADY * first_A

    def picture(self, at: int) -> FloatArray:
        """Return the temperature about a sample less that afterwards, in bins; NaN where there is none."""
        half_s, bin_s = PICTURE_S["2w" if self._alternating else "dc"]
        n, bins = round(bin_s * self._hold.rate_Hz), round(half_s / bin_s)
        first = at - bins * n
        trace = np.full(2 * bins, np.nan)
        means = self._bin_amplitudes if self._alternating else self._bin_means
        inside = [
            k
            for k in range(2 * bins)
            if first + k * n >= self._begin and first + (k + 1) * n <= len(self._tip_K)
        ]
        if inside:
            trace[inside] = means(np.array([first + k * n for k in inside]), n, at)
        return trace

    def _bin_means(self, starts: NDArray[np.int64], n: int, at: int) -> FloatArray:
        after = self.windows(0, at, len(self._tip_K))[1]
        samples = self._tip_K[starts[:, None] + np.arange(n)]
        return np.asarray(samples.mean(axis=1) - self._tip_K[after].mean())

    def _bin_amplitudes(self, starts: NDArray[np.int64], n: int, at: int) -> FloatArray:
        """Return the amplitude in each bin in phase with the difference, less that of the open tip."""
        hold, (before, after) = self._hold, self.windows(0, at, len(self._tip_K))
        turns = 2j * np.pi * hold.thermal_Hz / hold.rate_Hz
        phase = turns.imag * np.arange(n)
        design = np.column_stack([np.cos(phase), np.sin(phase), np.ones(n), np.arange(n) - n / 2.0])
        inverse = np.linalg.pinv(design)[:2]

        def amplitudes(values: FloatArray) -> NDArray[np.complex128]:
            cos, sin = inverse @ values[starts[:, None] + np.arange(n)].T
            return np.asarray((cos - 1j * sin) * np.exp(-turns * starts))

        tips = amplitudes(self._tip_K)
        opened, axis = self._amplitude("tip", after), 1.0 + 0.0j
        if hold.heated:
            power = self._amplitude("heater", before)
            tips = tips * power / amplitudes(hold.heater_W)
            opened *= power / self._amplitude("heater", after)
            driving = self._driving(before)
            axis = driving / abs(driving)
        return np.asarray(((tips - opened) / axis).real)

    def residual_V(self, at: int) -> FloatArray:
        """Return the thermocouple after a rupture, less a parabola and the alternating part: its noise."""
        window = self.windows(0, at, len(self._tip_K))[1]
        values, time_s = self._hold.thermocouple_V[window], self._time_s[window]
        middle_s = time_s - time_s.mean()
        columns = [middle_s**k for k in range(2)]
        if self._alternating:
            columns += [*self._waves[:2, window]]
        rows = np.stack(columns)
        return np.asarray(values - np.linalg.solve(rows @ rows.T, rows @ values) @ rows)


def baseline_order(windows: StepWindows) -> Literal[1, 2]:
    """Return the order of the baseline of a steady heater, by the length of the shorter window."""
    return 2 if min(windows.before, windows.after) > CURVED_S * windows.rate_Hz else 1
