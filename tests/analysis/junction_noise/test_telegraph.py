"""Telegraph noise: the hidden Markov model, dwell times, and what is no telegraph noise."""

import numpy as np
import pytest

from analysis.junction_noise.hidden_markov import fit_two_states
from analysis.junction_noise.telegraph import (
    dwell_times,
    find_telegraph,
    hysteresis_states,
    lorentzian_corner_Hz,
)
from tests.support.physics.held_noise import RATE_Hz, flicker_hold, telegraph_golden, telegraph_hold


@pytest.fixture(scope="module")
def golden():
    return telegraph_golden()


def test_dwell_times_of_the_reference(golden):
    """The unfinished last visit counts in the time, not among the exits."""
    samples, states = golden
    assert samples.size == 6898
    found = find_telegraph(samples, RATE_Hz)
    assert found.verdict == "two states"
    assert found.levels == pytest.approx((0.001000020329012049, 0.0015000039721505896), rel=1e-9)
    for dwell in (dwell_times(states, 1e-4), found.by_threshold):
        assert [d.exits for d in dwell] == [100, 99]
        assert [d.tau_s for d in dwell] == pytest.approx([0.004925, 0.001992929292929293])
        assert [d.spent_s for d in dwell] == pytest.approx([0.4925, 0.1973])
        assert dwell[0].interval_68 == pytest.approx((0.004477938937, 0.005471216567), rel=1e-5)
        assert dwell[1].interval_68 == pytest.approx((0.001811197992, 0.002215192432), rel=1e-5)
    assert found.dwell[0].tau_s == pytest.approx(
        0.004925, rel=0.05
    )  # rounding to whole samples is no process
    assert found.corner_Hz == pytest.approx(found.spectral_corner_Hz, rel=0.15)


def test_the_likelihood_of_blocks_is_that_of_the_plain_recursion():
    samples = telegraph_hold(np.random.default_rng(1), 0.0507, (2e-3, 1e-3), 3.0)
    model = fit_two_states(samples)
    leave = model.leaving
    transition = np.array([[1 - leave[0], leave[0]], [leave[1], 1 - leave[1]]])
    now, log = leave[::-1] / leave.sum(), 0.0
    for x in samples:
        density = np.exp(-0.5 * ((x - model.levels) / model.sigmas) ** 2) / model.sigmas / np.sqrt(2 * np.pi)
        now = (now @ transition) * density
        log += np.log(now.sum())
        now = now / now.sum()
    assert model.log_likelihood == pytest.approx(log, abs=0.01)  # one step before
    assert model.probability[-1] == pytest.approx(now[1], abs=1e-3)


def test_dwell_times_at_four_sigma():
    """Mean over eight holds of 1 s; a single threshold is wrong by a factor of more than two."""
    found, crossing = [], []
    for seed in range(8):
        samples = telegraph_hold(np.random.default_rng(seed), 1.0, (5e-3, 2e-3), 4.0)
        result = find_telegraph(samples, RATE_Hz)
        assert result.verdict == "two states"
        found.append([d.tau_s for d in result.dwell])
        crossing.append(dwell_times((samples > 2.0).astype(np.intp), 1e-4)[0].tau_s)
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(8)
    assert mean == pytest.approx([5e-3, 2e-3], abs=4 * error.max())
    assert np.mean(crossing) < 5e-3 / 2


@pytest.mark.parametrize("white", [0.0, 0.01])
def test_flicker_noise_is_not_telegraph_noise(white):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        samples = flicker_hold(rng, 1.0, 1e-4, 0.5) + white * rng.standard_normal(5000)
        assert find_telegraph(samples, RATE_Hz).verdict == "none seen"


def test_white_noise_has_one_level():
    found = [find_telegraph(np.random.default_rng(s).standard_normal(1000), RATE_Hz) for s in range(4)]
    assert {f.verdict for f in found} == {"none seen"}


def test_too_fast_and_too_few_cannot_be_told():
    fast = find_telegraph(telegraph_hold(np.random.default_rng(1), 0.5, (2e-4, 2e-4), 8.0), RATE_Hz)
    assert fast.verdict == "cannot tell"
    assert any("sample faster" in reason for reason in fast.reasons)
    few = find_telegraph(telegraph_hold(np.random.default_rng(2), 0.5, (0.1, 0.1), 8.0), RATE_Hz)
    assert few.verdict == "cannot tell"
    assert any("hold for longer" in reason for reason in few.reasons)
    with pytest.raises(ValueError, match="telegraph noise needs 200"):
        find_telegraph(np.arange(10.0), RATE_Hz)
    with pytest.raises(ValueError, match="do not vary"):
        find_telegraph(np.ones(1000), RATE_Hz)


def test_hysteresis_keeps_the_state_between_the_thresholds():
    samples = np.array([0.5, 0.1, 0.6, 0.9, 0.4, 0.6, 0.2])
    assert hysteresis_states(samples, 0.25, 0.75).tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert hysteresis_states(np.full(3, 0.5), 0.25, 0.75).tolist() == [0, 0, 0]
    assert lorentzian_corner_Hz(5e-3, 2e-3) == pytest.approx(111.4, rel=1e-3)
