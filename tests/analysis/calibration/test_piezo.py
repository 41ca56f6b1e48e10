"""The piezo constant from made tails whose constant and barrier are known."""

from math import hypot

import numpy as np
import pytest

from analysis.calibration.piezo import (
    Tail,
    TunnellingRange,
    barrier_decay_per_m,
    piezo_constant,
    tail_slope_per_V,
)

NM_PER_V = 10.0
RANGE = TunnellingRange(high_G0=3e-3, low_G0=1e-6, average_samples=40)


def tail(rng, barrier_eV=4.5, gap_nm=0.5, hum_G0=0.0, noise_G0=0.0, nm=1.0, speed_nm_per_s=0.5):
    """A contact that breaks, and the gap that it leaves; 2 kHz."""
    n = round(nm / speed_nm_per_s * 2000)
    way_nm = np.arange(n) * speed_nm_per_s / 2000
    gap = np.exp(-barrier_decay_per_m(barrier_eV) * 1e-9 * (way_nm - way_nm[n // 5] + gap_nm))
    conductance = np.where(np.arange(n) < n // 5, np.inf, gap)
    hum = hum_G0 * np.sin(2 * np.pi * 50 * np.arange(n) / 2000 + rng.uniform(0, 6))
    return Tail(conductance + hum + noise_G0 * rng.standard_normal(n), 5.0 - way_nm / NM_PER_V)


def test_decay_of_vacuum():
    assert barrier_decay_per_m(4.5) * 1e-10 / np.log(10) == pytest.approx(0.944, abs=5e-4), (
        "decades per 0.1 nm"
    )


def test_an_ideal_tail_has_the_slope_of_its_barrier():
    slope = tail_slope_per_V(tail(np.random.default_rng(0), gap_nm=0.3), RANGE)

    assert slope == pytest.approx(barrier_decay_per_m(4.5) * NM_PER_V * 1e-9, rel=1e-6)


def test_hum_as_large_as_the_end_of_the_tail_does_not_tilt_it():
    rng = np.random.default_rng(1)
    slopes = [tail_slope_per_V(tail(rng, gap_nm=0.35, hum_G0=3e-6), RANGE) for _ in range(20)]

    assert slopes == pytest.approx([barrier_decay_per_m(4.5) * NM_PER_V * 1e-9] * 20, rel=0.01)


@pytest.mark.parametrize("gap_nm", [0.75, 2.0])
def test_a_gap_too_wide_to_be_seen_is_left_out(gap_nm):
    assert tail_slope_per_V(tail(np.random.default_rng(0), gap_nm=gap_nm, noise_G0=1e-8), RANGE) is None


def test_a_contact_that_never_opened_is_left_out():
    assert tail_slope_per_V(Tail(np.full(100, np.inf), np.linspace(1, 0, 100)), RANGE) is None


def many(rng, n=60, **others):
    return [
        tail(rng, barrier_eV=rng.normal(4.5, 0.3), gap_nm=rng.uniform(0.28, 0.5), **others) for _ in range(n)
    ]


def test_the_constant_with_its_errors():
    rng = np.random.default_rng(2)
    found = piezo_constant(many(rng), RANGE, 4.5, 0.5, rng)

    assert found.extension_m_per_V * 1e9 == pytest.approx(NM_PER_V, abs=3 * found.statistical_m_per_V * 1e9)
    assert found.statistical_m_per_V / found.extension_m_per_V == pytest.approx(
        1.25 * 0.3 / 4.5 / 2 / np.sqrt(60), rel=0.35
    )
    assert found.scatter == pytest.approx(0.3 / 4.5 / 2, rel=0.3)
    assert found.uncertainty_m_per_V == pytest.approx(
        hypot(found.statistical_m_per_V, found.extension_m_per_V * 0.5 / 4.5 / 2)
    )
    assert found.traces == 60
    assert 57 <= found.used <= 60, "of vacuum gaps, hardly any is thrown away"


def test_molecules_among_the_gaps_do_not_pull_the_result():
    rng = np.random.default_rng(3)
    dirty = [tail(rng, barrier_eV=0.4, gap_nm=1.2) for _ in range(12)]

    clean, mixed = (
        piezo_constant(tails, RANGE, 4.5, 0.5, np.random.default_rng(0))
        for tails in (many(np.random.default_rng(4)), many(np.random.default_rng(4)) + dirty)
    )

    assert mixed.extension_m_per_V == pytest.approx(clean.extension_m_per_V, abs=clean.statistical_m_per_V)


def test_too_few_tails_are_refused():
    rng = np.random.default_rng(5)
    with pytest.raises(ValueError, match="4 of 6 withdrawals"):
        piezo_constant(many(rng, 4) + [tail(rng, gap_nm=2.0)] * 2, RANGE, 4.5, 0.5, rng)
