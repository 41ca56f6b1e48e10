"""Temperature rises of made holds: do their intervals hold the truth, whatever card, noise and transients do?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from analysis.heating.combine import combine
from analysis.heating.estimator import EstimatorSettings, HoldEstimator
from analysis.heating.exclusion import ExclusionRules
from analysis.heating.holds import Hold
from analysis.heating.thermometer import Thermometer
from tests.support.physics.made_holds import RISE_K, RATE_Hz, SEEBECK_V_per_K, scanned_hold
from tests.validation.study import Table, share

TIP = Thermometer(72_800.0, SEEBECK_V_per_K, 500.0, 0.2e-6)
TRUTH_K = np.array([RISE_K["+"], RISE_K["-"]])
SAMPLES = 10_000
SPREAD = 0.01
"""Spread of the powers of the junctions."""

WHITE_V = 1e-7
"""Standard deviation of a sample: the noise of 5 s is then 0.16 mK."""

USUAL = {"thermometer_s": 159.2e-6, "current_s": 136.5e-6}
"""SR560 at 1 kHz, Keithley 428 at 300 us."""


@dataclass(frozen=True)
class Case:
    """Properties of the rig, and those that the evaluation is given."""

    corner_Hz: float = 0.0
    transient_s: float = 0.0
    lead_samples: int = 1
    first_periods: int = 0
    junctions: int = 10


CASES = {
    "white noise": Case(),
    "1/f noise, corner 20 Hz": Case(corner_Hz=20.0),
    "5 junctions": Case(junctions=5),
    "24 junctions": Case(junctions=24),
    "no sample left out before edges": Case(lead_samples=0),
    "transient 1 uV, 0.3 s, nothing left out": Case(transient_s=0.3),
    "transient 1 uV, 0.3 s, 3 periods left out": Case(transient_s=0.3, first_periods=3),
    "transient 1 uV, 0.3 s, 12 periods left out": Case(transient_s=0.3, first_periods=12),
}


def noise_V(rng: np.random.Generator, corner_Hz: float) -> np.ndarray:
    """Return noise with the density white (1 + corner/f)."""
    spectrum = np.fft.rfft(WHITE_V * rng.standard_normal(2 * SAMPLES))
    f_Hz = np.fft.rfftfreq(2 * SAMPLES, 1.0 / RATE_Hz)
    f_Hz[0] = f_Hz[1]
    return np.fft.irfft(spectrum * np.sqrt(1.0 + corner_Hz / f_Hz))[:SAMPLES]


def made(rng: np.random.Generator, case: Case) -> Hold:
    """Return a hold of a junction whose rises differ a little from the truth."""
    factor = 1.0 + SPREAD * rng.standard_normal()
    hold = scanned_hold(n=SAMPLES, rise_K={sign: factor * rise for sign, rise in RISE_K.items()}, **USUAL)
    added_V = noise_V(rng, case.corner_Hz)
    if case.transient_s:
        added_V += 1e-6 * np.exp(-np.arange(SAMPLES) / (RATE_Hz * case.transient_s))
    return replace(hold, thermocouple_V=hold.thermocouple_V + added_V)


def outcomes(rng: np.random.Generator, case: Case, sets: int) -> tuple[np.ndarray, list[bool], list[bool]]:
    """Return mean errors of dT+ and dT- in K, and whether 68 % and 95 % intervals hold the truth (both rises)."""
    rules = ExclusionRules(first_periods=case.first_periods)
    estimator = HoldEstimator(EstimatorSettings(SEEBECK_V_per_K, rules=rules, lead_samples=case.lead_samples))
    off, inside, within = [], [], []
    for _ in range(sets):
        holds = [estimator.estimate(made(rng, case)) for _ in range(case.junctions)]
        point = combine(holds, TIP, rng, 400)
        off.append(point.mean[:2] - TRUTH_K)
        for truth, (low, high), rise in zip(TRUTH_K, point.interval[:2], point.rises, strict=True):
            inside.append(low < truth < high)
            low, high = rise.interval95()
            within.append(low < truth < high)
    return np.mean(off, axis=0), inside, within


def tables(rng: np.random.Generator, sets: int) -> Iterator[Table]:
    """Yield one table: a line for each case."""
    rows = []
    for name, case in CASES.items():
        off, inside, within = outcomes(rng, case, sets)
        rows.append((name, *(f"{1e3 * x:+.3f}" for x in off), share(inside), share(within)))
    yield Table(
        "heating",
        f"Ten junctions a set where not stated otherwise, truth 8 and 26 mK, {sets} sets a line.",
        ("case", "error of dT(+) (mK)", "error of dT(-) (mK)", "68 % interval holds", "95 % interval holds"),
        tuple(rows),
    )
