import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.trip import CurrentTrip, OverloadTrip, RuptureTrip, metallic_current_A, trips

INF = np.inf


def first(detector, samples, cuts=()):
    """Return the last answer of a detector to samples cut at the given places."""
    answers = [detector.feed(piece) for piece in np.split(np.asarray(samples, float), cuts)]
    return answers[-1]


@pytest.mark.parametrize(
    ("samples", "consecutive", "found"),
    [
        ([0, 2, 2.9, -2.9], 1, None),
        ([0, 2, 3.1, 0], 1, 2),
        ([0, 2, -3.1, 0], 1, 2),
        ([0, INF, 0], 1, 1),
        ([0, -INF, 0], 1, 1),
        ([4, 0, 4, -4, 0], 2, 3),
        ([4, 0, INF, 4, 0], 3, None),
        ([np.nan, np.nan], 1, None),
        ([], 1, None),
    ],
)
def test_current_above_its_limit_in_a_row_trips(samples, consecutive, found):
    assert first(CurrentTrip(3.0, consecutive), samples) == found


def test_only_a_railed_amplifier_is_an_overload():
    assert first(OverloadTrip(), [1e300, -1e300]) is None
    assert first(OverloadTrip(), [1.0, -INF]) == 1
    assert first(OverloadTrip(2), [INF, 0, INF, INF]) == 3


def test_the_first_answer_stays():
    detector = CurrentTrip(1.0)

    assert detector.feed(np.array([0.0, 2.0])) == 1
    assert detector.feed(np.array([5.0])) == 1


@pytest.mark.parametrize("make", [lambda: CurrentTrip(2.0, 3), lambda: OverloadTrip(2)])
def test_the_answer_does_not_depend_on_how_samples_were_cut(make):
    rng = np.random.default_rng(3)
    for _ in range(50):
        samples = rng.choice([0.0, 1.0, -2.5, 2.5, INF], size=60, p=[0.3, 0.2, 0.2, 0.2, 0.1])
        cuts = np.sort(rng.integers(0, 61, size=rng.integers(0, 12)))
        assert first(make(), samples, cuts) == first(make(), samples)


@pytest.mark.parametrize("limit_A", [0.0, -1.0, np.nan])
def test_a_limit_must_be_positive(limit_A):
    with pytest.raises(ValueError, match="must be positive"):
        CurrentTrip(limit_A)


def test_metallic_current_lies_between_molecules_and_one_atom():
    one_atom_A = 98.4e-6  # 1 G0 at 1.27 V
    assert metallic_current_A(-1.27) == pytest.approx(one_atom_A / 2, rel=1e-3)
    assert metallic_current_A(1.0, 1e5) == pytest.approx(1 / (1e5 + 2 / G0_S))


def test_a_molecule_trips_on_current_contact_and_overload_and_gold_not_on_contact():
    assert set(trips(1.27, 0.5e-6, 0.0022)) == {"overload", "contact", "current"}
    assert set(trips(0.067, 5.2e-6, 1.1)) == {"overload", "current"}
    assert set(trips(1.27, None, 0.0022)) == {"overload", "contact"}
    assert set(trips(0.0, 0.0, 0.0022)) == {"overload"}


def fired(found, current_A):
    return {name for name, one in found.items() if one.feed(np.array([current_A])) is not None}


def test_each_trip_has_the_limit_it_is_named_after():
    def molecule():
        return trips(1.27, 0.5e-6, 0.0022)

    assert fired(molecule(), 1.4e-6) == set()
    assert fired(molecule(), -1.6e-6) == {"current"}
    assert fired(molecule(), 98e-6) == {"current", "contact"}
    assert fired(molecule(), -INF) == {"current", "contact", "overload"}


def test_noise_does_not_trip_what_carries_next_to_nothing():
    found = trips(1.27, 1e-12, 1e-4, least_A=20e-9)

    assert fired(found, 19e-9) == set()
    assert fired(found, 21e-9) == {"current"}


def test_a_rupture_is_a_whole_period_without_current():
    period = np.repeat([1e-7, 0.0, -1e-7], 10)
    trip = RuptureTrip(2e-8, 30)

    assert trip.feed(np.tile(period, 5)) is None
    assert trip.feed(np.zeros(40)) == 150 + 29
