import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.detect import (
    ContactDetector,
    CurrentWitness,
    OpenDetector,
    PlateauDetector,
    UnknownDetector,
)

MAKERS = {
    "contact": lambda: ContactDetector(1.5, 3),
    "open": lambda: OpenDetector(1.5, 3),
    "unknown": lambda: UnknownDetector(3),
    "plateau": lambda: PlateauDetector(0.9, 2.1, window=5, scatter_decades=0.2, slope_decades=0.2),
}


@pytest.mark.parametrize("name", MAKERS)
@settings(deadline=None)
@given(
    samples=st.lists(
        st.sampled_from([1.0, 1.2, 1.6, 2.0, 3.0, -1.0, -2.0, np.inf, -np.inf, np.nan]), max_size=60
    ),
    cuts=st.lists(st.integers(0, 60), max_size=8),
)
def test_answer_does_not_depend_on_the_cut_into_blocks(name, samples, cuts):
    whole, cut = MAKERS[name](), MAKERS[name]()
    samples = np.array(samples)

    answers = [cut.feed(part) for part in np.split(samples, sorted(cuts))]

    assert whole.feed(samples) == answers[-1]
    given_answers = [answer for answer in answers if answer is not None]
    assert len(set(given_answers)) <= 1


SAMPLES = st.lists(st.sampled_from([1.0, 1.2, 1.6, 2.0, 3.0, -1.0, -2.0, np.inf, np.nan]), max_size=60)


@pytest.mark.parametrize("name", MAKERS)
@settings(deadline=None)
@given(samples=SAMPLES, cuts=st.lists(st.integers(0, 60), max_size=8))
def test_no_detector_fires_sooner_than_it_said(name, samples, cuts):
    detector, samples = MAKERS[name](), np.array(samples)
    cuts = sorted(min(cut, samples.size) for cut in cuts)
    begin, said = 0, detector.soonest

    for part in np.split(samples, cuts):
        at = detector.feed(part)
        if at is not None:
            assert at + 1 - begin >= said
            return
        begin, said = begin + part.size, detector.soonest


def test_a_detector_says_how_soon_it_can_fire():
    is_open, plateau = OpenDetector(1.5, 10), PlateauDetector(0.9, 2.1, window=20, fraction=0.9)
    assert (is_open.soonest, plateau.soonest) == (10, 20)

    for detector in (is_open, plateau):
        detector.feed(np.full(30, 5.0))
    assert (is_open.soonest, plateau.soonest) == (10, 18)

    for detector in (is_open, plateau):
        detector.feed(np.full(4, 1.0))
    assert (is_open.soonest, plateau.soonest) == (6, 14)


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 5))
def test_contact_is_the_end_of_the_first_long_enough_run(above, consecutive):
    samples = np.where(np.array(above, dtype=bool), 6.0, 1.0)
    text = "".join("x" if hit else "." for hit in above)
    begin = text.find("x" * consecutive)

    found = ContactDetector(5.0, consecutive).feed(samples)

    assert found == (None if begin < 0 else begin + consecutive - 1)


def test_railed_counts_as_contact_only_as_far_as_the_rail_proves():
    railed = np.full(3, np.inf)

    assert ContactDetector(5.0, 3).feed(railed) == 2
    assert ContactDetector(5.0, 3, railed_G0=12.9).feed(railed) == 2
    assert ContactDetector(5.0, 3, railed_G0=1.29).feed(railed) is None


def test_nan_is_neither_open_nor_contact():
    unknown = np.full(10, np.nan)

    assert OpenDetector(1e-4, 1).feed(unknown) is None
    assert ContactDetector(5.0, 1).feed(unknown) is None


def test_a_contact_of_the_wrong_sign_stops_as_well_and_is_told_apart():
    right, wrong, mixed = (ContactDetector(5.0, 3) for _ in range(3))

    assert right.feed(np.array([0.1, 6.0, 7.0, 8.0])) == 3
    assert wrong.feed(np.array([0.1, -6.0, -7.0])) is None
    assert wrong.feed(np.array([-8.0, 9.0])) == 3
    assert mixed.feed(np.array([6.0, -6.0, 6.0])) == 2

    assert [detector.wrong_sign for detector in (right, wrong, mixed)] == [False, True, True]
    assert (right.conductance_G0, wrong.conductance_G0) == (8.0, -8.0)


def test_a_rail_of_either_sign_is_a_contact_as_far_as_the_rail_proves():
    railed = np.full(3, -np.inf)
    detector = ContactDetector(5.0, 3)

    assert detector.feed(railed) == 2
    assert detector.wrong_sign
    assert ContactDetector(5.0, 3, railed_G0=1.29).feed(railed) is None


def test_a_detector_that_has_not_fired_accuses_nobody():
    assert not ContactDetector(5.0, 3).wrong_sign


def test_a_negative_conductance_is_not_open_and_a_negative_plateau_is_one():
    assert OpenDetector(1e-4, 2).feed(np.full(10, -5.0)) is None
    assert PlateauDetector(0.9, 1.1, window=5).feed(np.full(5, -1.0)) == 4


def test_no_bias_is_noticed_when_it_lasts():
    one, lasting = np.array([1.0, np.nan, np.nan, 1.0]), np.array([1.0, np.nan, np.nan, np.nan])

    assert UnknownDetector(3).feed(one) is None
    assert UnknownDetector(3).feed(lasting) == 3


def test_a_current_beyond_its_noise_is_remembered_but_stops_nothing():
    rng = np.random.default_rng(1)
    noise = 1e-4 * rng.standard_normal(4000)
    calm, excited = CurrentWitness(1000), CurrentWitness(1000)
    for block in np.split(noise, 50):
        assert calm.feed(block) is None
    loud = noise.copy()
    loud[3000:] -= 5.0
    for block in np.split(loud, 50):
        assert excited.feed(block) is None

    assert calm.excursion_at is None
    assert excited.excursion_at == 3002
    assert excited.largest_G0 == pytest.approx(-5.0, abs=1e-3)
    assert excited.seen == 4000


def test_negative_noise_counts_as_open():
    assert OpenDetector(1e-4, 2).feed(np.array([1.0, -1e-5, -2e-5])) == 2


def plateau_detector():
    """0.3 s at 2 kHz, 2 decades/nm at 0.1 nm/s."""
    return PlateauDetector(0.0018, 0.0022, window=600, slope_decades=0.06)


def test_noisy_molecular_plateau_is_found_after_its_dwell():
    rng = np.random.default_rng(3)
    plateau = 0.002 + 8e-5 * rng.standard_normal(700)

    found = plateau_detector().feed(np.concatenate([np.full(400, 1.0), plateau]))

    assert found is not None
    assert 400 + 0.9 * 600 - 1 <= found <= 400 + 600 + 50


def test_vacuum_gap_passing_through_the_window_is_no_plateau():
    """0.944 decades per 0.1 nm: at 0.1 nm/s and 2 kHz."""
    log_g = -2.0 - 0.944 / 2000.0 * np.arange(4000)

    assert plateau_detector().feed(10.0**log_g) is None


def test_slow_slope_within_the_window_is_told_from_a_plateau():
    ramp = np.linspace(np.log10(0.00185), np.log10(0.00215), 600)

    assert plateau_detector().feed(10.0**ramp) is None
    assert PlateauDetector(0.0018, 0.0022, 600, slope_decades=0.07).feed(10.0**ramp) == 599


@given(st.floats(-1.0, 1.0), st.floats(0.0, 0.02), st.integers(0, 2**31))
def test_slope_and_scatter_agree_with_a_straight_line_fit(slope, noise, seed):
    rng = np.random.default_rng(seed)
    n = 40
    decades = -2.0 + np.linspace(-slope / 2, slope / 2, n) + noise * rng.standard_normal(n)
    fitted = np.polyfit(np.arange(n), decades, 1)[0] * (n - 1)
    scatter = decades.std(ddof=1)

    def found(slope_limit, scatter_limit):
        detector = PlateauDetector(1e-4, 1.0, n, 0.0, slope_limit, scatter_limit)
        return detector.feed(10.0 ** np.concatenate([np.full(0, 0.0), decades]))

    assert found(abs(fitted) + 1e-5, scatter + 1e-5) == n - 1
    assert found(abs(fitted) - 1e-5, 9.0) is None
    assert found(9.0, scatter - 1e-5) is None


def test_a_few_wild_samples_do_not_hide_a_plateau():
    samples = np.full(600, 0.002)
    samples[50:55] = 0.0021
    samples[300] = -0.5

    assert plateau_detector().feed(samples) == 599


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((0.0, 1.0, 10), "0 < low < high"), ((2.0, 1.0, 10), "0 < low"), ((1.0, 2.0, 1), "2")],
)
def test_impossible_plateau_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        PlateauDetector(*arguments)
