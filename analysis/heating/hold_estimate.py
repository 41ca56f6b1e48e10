"""Result of one hold: temperature rise and power of its levels."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.heating.exclusion import Exclusion
from analysis.heating.holds import Hold
from analysis.records import FloatArray


@dataclass(frozen=True)
class LevelEstimate:
    """Result of one level of the programme: mean bias, temperature rise, power, current over the kept samples."""

    bias_V: float
    dT_K: float
    sigma_K: float
    q_total_W: float
    current_A: float


@dataclass(frozen=True, eq=False)
class LevelRises:
    """All levels of a hold, by rising bias; arrays of shape (levels,) and (levels, levels).

    Parameters
    ----------
    current_A, bias_V : ndarray
        Means; the current as measured, less the amplifier's offset. The bias is relative to the zero level, if any.
    dT_K, covariance_K2 : ndarray
        Temperature rises relative to the level ``reference``, whose own are 0, and their covariance.
    reference : int
        Level of 0 V, or the most negative one without it.
    has_zero : bool
    """

    current_A: FloatArray
    bias_V: FloatArray
    dT_K: FloatArray
    covariance_K2: FloatArray
    reference: int
    has_zero: bool


@dataclass(frozen=True, eq=False)
class HoldEstimate:
    """Result of one hold. All but the descriptive fields are NaN if it was ``rejected``.

    Parameters
    ----------
    number : int
        Number of the hold.
    amplitude_V : float
    dT_pos_K, dT_neg_K : float
        Mean temperature rise of the tip at the largest positive and at the most negative level.
    covariance_K2 : ndarray, shape (2, 2)
        Covariance of (dT_pos, dT_neg), from the thermometer's noise alone.
    q_total_pos_W, q_total_neg_W : float
        Mean power in the junction at these levels (energy over time).
    current_pos_A, current_neg_A : float
        Mean signed current at these levels, relative to that at the zero level.
    kept_s : float
        Length of the kept periods: the weight of a hold in a time-weighted mean.
    periods : int
        Number of kept periods.
    samples : tuple of int
        (start, stop) of the hold.
    exclusions : tuple of Exclusion
    rejected : str
        Reason for not using the hold; "" if it is used.
    kind : str
    control : str or None
        As in the hold.
    current_drift : float
        Relative change of the current from the first to the last third of the kept periods.
    white_V2_per_Hz, corner_Hz : float
        Noise of the thermometer around the modulation frequency, at the preamplifier's input: one-sided density
        of the white part, and the frequency at which a 1/f part equals it.
    flags : tuple of str
        Those of the hold, and "drift" if the current drifted by more than the rules allow.
    levels : tuple of LevelEstimate
        All levels except zero, by rising bias.
    settling_K : ndarray, shape (2,)
        (dT_pos, dT_neg) of the first sixth of the kept periods less those of the others, from a transient at the
        start of the modulation. The mean shifts by a sixth of it. NaN without rules.
    settling_covariance_K2 : ndarray, shape (2, 2)
        Covariance of ``settling_K``, from the thermometer's noise alone.
    rises : LevelRises or None
        Every level together; None if rejected.
    """

    number: int
    amplitude_V: float
    dT_pos_K: float
    dT_neg_K: float
    covariance_K2: FloatArray
    q_total_pos_W: float
    q_total_neg_W: float
    current_pos_A: float
    current_neg_A: float
    kept_s: float
    periods: int
    samples: tuple[int, int]
    exclusions: tuple[Exclusion, ...] = ()
    rejected: str = ""
    kind: str = "unknown"
    control: str | None = None
    current_drift: float = float("nan")
    white_V2_per_Hz: float = float("nan")
    corner_Hz: float = float("nan")
    flags: tuple[str, ...] = ()
    levels: tuple[LevelEstimate, ...] = ()
    settling_K: FloatArray = field(default_factory=lambda: np.full(2, np.nan))
    settling_covariance_K2: FloatArray = field(default_factory=lambda: np.full((2, 2), np.nan))
    rises: LevelRises | None = None


def rejected_hold(
    hold: Hold,
    reason: str,
    exclusions: tuple[Exclusion, ...] = (),
    kept: NDArray[np.bool_] | None = None,
) -> HoldEstimate:
    """Return the result of a hold that is not used, with the reason."""
    nan = float("nan")
    periods = 0 if kept is None else int(kept.sum())
    return HoldEstimate(
        number=hold.number,
        amplitude_V=hold.amplitude_V,
        dT_pos_K=nan,
        dT_neg_K=nan,
        covariance_K2=np.full((2, 2), nan),
        q_total_pos_W=nan,
        q_total_neg_W=nan,
        current_pos_A=nan,
        current_neg_A=nan,
        kept_s=float(periods / hold.programme.frequency_Hz),
        periods=periods,
        samples=hold.samples,
        exclusions=exclusions,
        rejected=reason,
        kind=hold.kind,
        control=hold.control,
        flags=hold.flags,
    )
