from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from analysis.heating.lag import LEAD, align, measure_lag
from analysis.heating.programme import programme, three_level
from tests.support.physics.made_holds import RATE_Hz, made_hold


@given(st.integers(0, 900), st.integers(-60, 60), st.integers(0, 10**7))
def test_beginning_is_found_to_the_sample(before, off, first):
    hold = made_hold(n=2000, before_samples=before, claimed_off=off, first_sample=first)

    alignment = align(hold)

    assert (alignment.origin, alignment.seen) == (first + before, True)


def test_noise_of_the_loop_back_does_not_move_it():
    rng = np.random.default_rng(1)
    for amplitude_V in (0.030, 1.27):
        hold = made_hold(programme=three_level(amplitude_V), before_samples=7)
        noisy = replace(hold, bias_V=hold.bias_V * 1.001 + 5e-4 + 1e-3 * rng.standard_normal(len(hold)))

        assert align(noisy).origin == align(hold).origin == hold.samples[0] + 7


def test_hold_that_was_cut_short_or_has_gaps_is_aligned_too():
    hold = made_hold(before_samples=20)
    bias_V = hold.bias_V.copy()
    bias_V[2000:4500] = np.nan
    bias_V[8000:] = 0.0

    assert align(replace(hold, bias_V=bias_V)).origin == hold.samples[0] + 20


def test_recording_that_began_after_the_programme_is_aligned():
    whole = made_hold(n=10_000, claimed_off=-3)
    late = replace(
        whole,
        samples=(whole.samples[0] + 500, whole.samples[1]),
        bias_V=whole.bias_V[500:],
        current_A=whole.current_A[500:],
        thermocouple_V=whole.thermocouple_V[500:],
        railed=whole.railed[500:],
    )

    assert align(late).origin == whole.samples[0]


def test_without_a_bias_to_see_the_claimed_start_and_the_usual_lag_serve():
    zero = made_hold(programme=three_level(0.0), claimed_off=-1)
    hold = made_hold(claimed_off=-1)
    unseen = replace(hold, bias_V=np.full(len(hold), np.nan))

    for blind in (zero, unseen):
        assert align(blind).seen is False
        assert align(blind).origin == blind.start + 1 == blind.samples[0]


@pytest.mark.parametrize("n", [1, 20, 54])
def test_hold_that_ended_before_an_edge_begins_where_it_was_claimed(n):
    hold = made_hold(n=n)

    assert align(hold).origin == hold.start + 1


def behind_one_pole(hold, tau_s):
    pole = np.exp(-1.0 / (RATE_Hz * tau_s))
    return replace(hold, current_A=lfilter([1.0 - pole], [1.0, -pole], hold.current_A))


@pytest.mark.parametrize("tau_s", [50e-6, 137e-6, 400e-6, 1e-3])
def test_lag_behind_one_pole_far_below_a_sample(tau_s):
    rng = np.random.default_rng(2)
    holds = [
        replace(
            h := behind_one_pole(made_hold(), tau_s),
            current_A=h.current_A + 1e-9 * rng.standard_normal(len(h)),
        )
        for _ in range(4)
    ]
    pole = np.exp(-1.0 / (RATE_Hz * tau_s))

    lag = measure_lag(holds)

    assert lag.lag_s == pytest.approx(pole / (1.0 - pole) / RATE_Hz, abs=3e-6)
    assert lag.response[LEAD : LEAD + 4] == pytest.approx(1.0 - pole ** np.arange(1, 5), abs=2e-3)
    assert 0.0 < lag.sigma_s < 3e-6
    assert lag.time_constant_s(RATE_Hz) == pytest.approx(tau_s, rel=0.1)


@pytest.mark.parametrize("shift", [-1, 0, 1, 3])
def test_lag_of_whole_samples(shift):
    hold = made_hold()

    lag = measure_lag([replace(hold, current_A=np.roll(hold.current_A, shift))])

    expected = shift / RATE_Hz
    assert lag.lag_s == pytest.approx(expected, abs=1e-9)
    assert np.isnan(lag.sigma_s)
    assert lag.holds == 1


def test_lag_does_not_depend_on_how_the_current_depends_on_the_bias():
    diode = made_hold(programme=programme([(1.0, 1), (0.0, 1), (-1.0, 1)]))
    diode = replace(diode, current_A=np.where(diode.bias_V < 0.0, 0.03, 1.0) * diode.current_A + 2e-8)

    lag = measure_lag([behind_one_pole(diode, 400e-6)])

    pole = np.exp(-1.0 / (RATE_Hz * 400e-6))
    assert lag.lag_s == pytest.approx(pole / (1.0 - pole) / RATE_Hz, abs=1e-6)


def test_lag_needs_a_current():
    hold = made_hold(current_A=0.0)

    with pytest.raises(ValueError, match="no hold shows"):
        measure_lag([hold])


def test_holds_that_ended_at_once_are_no_hindrance():
    hold = replace(made_hold(n=0, before_samples=3), start=1040)

    assert measure_lag([hold, made_hold(n=30), made_hold()]).holds == 1
