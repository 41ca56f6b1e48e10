"""Temperature rise and power of one hold, by regression on what was applied."""

from dataclasses import dataclass

from analysis.heating.exclusion import Exclusion, ExclusionRules
from analysis.heating.holds import Hold
from analysis.records import FloatArray


@dataclass(frozen=True)
class EstimatorSettings:
    """How holds are evaluated.

    Parameters
    ----------
    seebeck_V_per_K : float
        Of the thermocouple, positive; its voltage falls by so much as the tip warms by 1 K.
    mask_samples : int
        Samples left out after each edge of the bias (see `analysis.heating.mask`).
    mains_Hz : tuple of float
        Frequencies of the lines that were found (see `analysis.heating.mains.measure_mains`).
    baseline_order : int
        Order of the polynomial in time that the thermometer may drift by.
    series_resistance_ohm : float
        In series with the junction; the power in it is subtracted.
    rules : ExclusionRules or None
        None: everything that was modulated counts.
    """

    seebeck_V_per_K: float
    mask_samples: int = 6
    mains_Hz: tuple[float, ...] = ()
    baseline_order: int = 2
    series_resistance_ohm: float = 0.0
    rules: ExclusionRules | None = ExclusionRules()


@dataclass(frozen=True)
class LevelEstimate:
    """What one level of the programme did: mean bias, temperature rise, power, current over the kept samples."""

    bias_V: float
    dT_K: float
    sigma_K: float
    q_total_W: float
    current_A: float


@dataclass(frozen=True, eq=False)
class HoldEstimate:
    """What one hold says. All but the descriptive fields are NaN where ``rejected`` says why.

    Parameters
    ----------
    number : int
        That of the hold.
    amplitude_V : float
    dT_pos_K, dT_neg_K : float
        Mean temperature rise of the tip at the largest positive and at the most negative level.
    covariance_K2 : ndarray, shape (2, 2)
        Of (dT_pos, dT_neg), from the thermometer's noise alone.
    q_total_pos_W, q_total_neg_W : float
        Mean power in the junction at these levels (energy there by time there).
    current_pos_A, current_neg_A : float
        Mean current at these levels, with sign, from that at the zero level on.
    kept_s : float
        Length of the kept periods: the weight of a hold in a time-weighted mean.
    periods : int
        How many were kept.
    samples : tuple of int
        (start, stop) of the hold.
    exclusions : tuple of Exclusion
    rejected : str
        Why the hold is not used; "" if it is.
    kind : str
    control : str or None
        As of the hold.
    current_drift : float
        Relative change of the current from the first to the last third of the kept periods.
    noise_V2_per_Hz : float
        One-sided density of the residuals, averaged up to half the sampling rate, at the preamplifier's input.
    flags : tuple of str
        Those of the hold, and "drift" where the current drifted by more than the rules say.
    levels : tuple of LevelEstimate
        All levels but zero, by rising bias.
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
    noise_V2_per_Hz: float = float("nan")
    flags: tuple[str, ...] = ()
    levels: tuple[LevelEstimate, ...] = ()


def estimate_hold(hold: Hold, settings: EstimatorSettings) -> HoldEstimate:
    """Evaluate one hold."""
    raise NotImplementedError
