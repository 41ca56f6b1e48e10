"""Samples left out around each edge of the bias, from the arrival and the settling time of the signals.

A filter that has not settled mixes the polarities: the reading still contains the previous level. A slow tip does
the same; that of the paper takes 10 us. An edge may appear in the other inputs before it appears in the looped back
bias: see `analysis.heating.arrival`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.heating.layout import roles
from analysis.heating.programme import LevelProgramme
from analysis.records import FloatArray

LEAST_SAMPLES = 6
"""Least number of samples left out: 3 ms at 2 kHz."""

TIME_CONSTANTS = 15.0
"""Time constants after which a step has settled to 3e-7 (one pole) or 5e-6 (two)."""

LEAST_LOWPASS_Hz = 300.0
LARGEST_HIGHPASS_Hz = 0.03
SLOWEST_RISE_S = 300e-6
SLOWEST_TIP_S = 0.5e-3
"""A slower tip shifts temperatures: 1 ms by 0.05 mK in 26 mK, 5 ms by 3.6 mK."""

PAPER_TIP_S = 10e-6
"""Thermal time constant of the tip of Lee et al., Nature 498, 209 (2013)."""

RISE_PER_TAU = math.log(9.0)
"""10-90 % rise time of one pole over its time constant."""


class UnsuitableFilter(ValueError):
    """A filter that the levels do not pass undistorted."""


@dataclass(frozen=True)
class Filters:
    """Filters between junction and converter; None if there is no such filter, or it is unknown.

    Parameters
    ----------
    lowpass_Hz : float or None
        Corner of the thermocouple's preamplifier.
    poles : int
        Number of poles of this low pass: 1 (6 dB/octave) or 2 (12 dB/octave).
    highpass_Hz : float or None
    rise_time_s : float or None
        10-90 % rise time of the current amplifier.
    known : bool
        True if the settings describe the preamplifier.
    tip_s : float
        Thermal time constant of the tip.
    """

    lowpass_Hz: float | None = None
    poles: int = 1
    highpass_Hz: float | None = None
    rise_time_s: float | None = None
    known: bool = True
    tip_s: float = PAPER_TIP_S

    @property
    def thermometer_s(self) -> float:
        """Time constant of the thermometer's low pass; 0 without one."""
        return 1.0 / (2.0 * math.pi * self.lowpass_Hz) if self.lowpass_Hz else 0.0

    @property
    def current_s(self) -> float:
        """Time constant of the current amplifier; 0 if unknown."""
        return (self.rise_time_s or 0.0) / RISE_PER_TAU


def filters_of(settings: Mapping[str, Any], tip_s: float = PAPER_TIP_S) -> Filters:
    """Return the filters from a recording's settings ("voltage_preamplifier", "current_amplifier"), and the tip.

    The numbers are those of the SR560's commands (manual, "Remote programming"): FLTM 0 bypass, 1 and 2 low pass
    of 6 and 12 dB/octave, 3 and 4 high pass, 5 band pass; CPLG 2 is AC, which is a high pass of 0.03 Hz. Any other
    preamplifier gives ``poles`` and ``lowpass_Hz`` of a low pass, and perhaps ``highpass_Hz``.
    """
    voltage = settings.get("voltage_preamplifier") or {}
    rise_time_s = (settings.get("current_amplifier") or {}).get("rise_time_s")
    if "poles" in voltage:
        lowpass_Hz, highpass_Hz = voltage.get("lowpass_Hz"), voltage.get("highpass_Hz")
        return Filters(lowpass_Hz, voltage["poles"], highpass_Hz, rise_time_s, known=True, tip_s=tip_s)
    mode = voltage.get("filter_mode")
    highpass_Hz = voltage.get("highpass_Hz") if mode in (3, 4, 5) else None
    if highpass_Hz is None and voltage.get("coupling") == 2:
        highpass_Hz = LARGEST_HIGHPASS_Hz
    return Filters(
        lowpass_Hz=voltage.get("lowpass_Hz") if mode in (1, 2, 5) else None,
        poles=2 if mode == 2 else 1,
        highpass_Hz=highpass_Hz,
        rise_time_s=rise_time_s,
        known=mode is not None,
        tip_s=tip_s,
    )


@dataclass(frozen=True)
class Mask:
    """Samples to leave out after and before each edge, and sentences for the user about the filters."""

    samples: int
    warnings: tuple[str, ...] = ()
    lead: int = 0


def mask_for(
    filters: Filters, programme: LevelProgramme, rate_Hz: float, arrivals: Sequence[int] = (0,)
) -> Mask:
    """Return the mask: from the first arrival on, ``15 tau rate`` samples of the slowest filter, and at least 6.

    It never takes more than half of the shortest level; for a filter that needs more it carries a warning with the
    error of the temperatures.

    Parameters
    ----------
    filters : Filters
    programme : LevelProgramme
    rate_Hz : float
    arrivals : sequence of int
        Sample at which each channel may first show an edge, counted from the edge in the looped back bias; negative
        for a channel that leads the bias (see `analysis.heating.arrival`).

    Raises
    ------
    UnsuitableFilter
        For a high pass above 0.03 Hz: the levels sag.
    """
    if filters.highpass_Hz is not None and filters.highpass_Hz > LARGEST_HIGHPASS_Hz:
        raise UnsuitableFilter(
            f"the thermocouple's preamplifier has a high pass of {filters.highpass_Hz:g} Hz; the levels sag above "
            f"{LARGEST_HIGHPASS_Hz:g} Hz: switch the high pass off"
        )
    tau_s = max(filters.thermometer_s, filters.current_s, filters.tip_s)
    needed = max(LEAST_SAMPLES, math.ceil(TIME_CONSTANTS * tau_s * rate_Hz - 1e-9)) + max(0, *arrivals)
    lead = max(0, *(-arrival for arrival in arrivals))
    shortest_s = float(min(level.share for level in programme.levels) / programme.frequency_Hz)
    samples = min(needed, max(1, int(shortest_s * rate_Hz / 2.0) - lead))
    return Mask(samples, tuple(_warnings(filters, programme, rate_Hz, samples)), lead)


def _warnings(filters: Filters, programme: LevelProgramme, rate_Hz: float, samples: int) -> Iterator[str]:
    """Yield a sentence for each filter that does not settle within the mask, or is slower than it should be."""

    def off(tau_s: float, poles: int = 1) -> str:
        mixing = settling_matrix(programme, tau_s, samples / rate_Hz, poles)
        error = float(np.abs(mixing - np.eye(len(mixing))).max())
        return f"with {samples} samples left out, temperatures mix by up to {100.0 * error:.2g} %"

    def too_slow(tau_s: float) -> bool:
        return TIME_CONSTANTS * tau_s * rate_Hz - 1e-9 > samples

    if not filters.known:
        yield f"the filters of the preamplifier are unknown; {samples} samples are left out after each edge"
    lowpass_Hz = filters.lowpass_Hz
    if lowpass_Hz is not None and (lowpass_Hz < LEAST_LOWPASS_Hz or too_slow(filters.thermometer_s)):
        yield (
            f"the thermometer's low pass is {lowpass_Hz:g} Hz; at least {LEAST_LOWPASS_Hz:g} Hz is needed: "
            f"{off(filters.thermometer_s, filters.poles)}"
        )
    if filters.tip_s > SLOWEST_TIP_S * (1.0 + 1e-9):
        yield (
            f"the tip's thermal time constant is {1e3 * filters.tip_s:g} ms, above {1e3 * SLOWEST_TIP_S:g} ms: "
            f"{off(filters.tip_s)}; modulate more slowly"
        )
    if filters.rise_time_s is not None and filters.rise_time_s > SLOWEST_RISE_S * (1.0 + 1e-9):
        yield (
            f"the current amplifier's rise time is {1e6 * filters.rise_time_s:.0f} us, above "
            f"{1e6 * SLOWEST_RISE_S:.0f} us: power and short contacts appear late"
        )


def settling_fraction(level_s: float, tau_s: float) -> float:
    """Return the share of a step that the mean over a whole level misses behind one pole."""
    return tau_s / level_s * -math.expm1(-level_s / tau_s)


def settling_matrix(
    programme: LevelProgramme, tau_s: float, mask_s: float = 0.0, poles: int = 1
) -> FloatArray:
    """Return the matrix by which a low pass mixes temperatures: rows are measured, columns true ones.

    Parameters
    ----------
    programme : LevelProgramme
        Repeated endlessly.
    tau_s : float
        Time constant of each pole.
    mask_s : float
        Time left out after each edge.
    poles : int
        Equal poles in series.

    Returns
    -------
    ndarray, shape (levels, levels)
        For the distinct levels except zero, by rising bias; temperatures are relative to the zero level. The unit
        matrix for a filter that has settled.

    Raises
    ------
    ValueError
        If the mask covers a whole level.
    """
    kinds = roles(programme)
    role = np.array(kinds.of_level)
    period_s = float(1 / programme.frequency_Hz)
    length_s = np.array([float(level.share) for level in programme.levels]) * period_s
    start_s = np.cumsum(length_s) - length_s
    if not np.all(length_s > mask_s):
        raise ValueError(f"a mask of {mask_s:g} s covers the whole level of {length_s.min():g} s")
    truth = (role[:, None] == np.arange(len(kinds.bias_V))).astype(float)
    seen = truth.copy()
    if tau_s > 0.0:
        step = truth - np.roll(truth, 1, axis=0)
        since_s = start_s[:, None] - start_s[None, :] + mask_s
        for earlier in range(math.ceil(60.0 * tau_s / period_s) + 2):
            begin_s = since_s + earlier * period_s
            end_s = begin_s + (length_s - mask_s)[:, None]
            missing = (_tail(begin_s / tau_s, poles) - _tail(end_s / tau_s, poles)) * tau_s
            missing[begin_s < mask_s - 1e-12 * period_s] = 0.0  # that edge comes after this level
            seen -= missing / (length_s - mask_s)[:, None] @ step
    share = np.where(truth > 0.0, (length_s - mask_s)[:, None], 0.0)
    by_role = share.T @ seen / share.sum(axis=0)[:, None]
    active = [i for i in range(len(kinds.bias_V)) if i != kinds.zero]
    return by_role[np.ix_(active, active)] - by_role[kinds.zero, active]


def _tail(x: FloatArray, poles: int) -> FloatArray:
    """Return the integral from x on of the remainder of a step behind equal poles, in units of their time constant."""
    x = np.maximum(x, 0.0)
    terms = [(poles - j) * x**j / math.factorial(j) for j in range(poles)]
    return np.exp(-x) * np.sum(terms, axis=0)
