import numpy as np
import pytest

from analysis.traces.histogram import BinAxis, GrowingHistogram, histogram
from analysis.traces.peak_finder import SIGNIFICANT, candidate_in, find_candidates
from tests.support.physics.iv_junctions import opening_traces

LINEAR = BinAxis.linear(-0.25, 10.0, 0.01)
LOG = BinAxis.log(1e-7, 100.0, 100)


def counted(axis, traces):
    growing = GrowingHistogram(axis)
    for trace in traces:
        growing.add(trace)
    return growing.snapshot()


@pytest.mark.parametrize("atom_G0", [0.75, 0.97, 1.15])
def test_peaks_of_one_two_and_three_atoms_are_found_wherever_they_are(atom_G0):
    traces = opening_traces(np.random.default_rng(1), 200, atom_G0=atom_G0)

    found = find_candidates(histogram(traces, LINEAR), 0.3, 4.0)

    assert [c.centre / atom_G0 for c in found] == pytest.approx([1.0, 2.0, 3.0], abs=0.15)


@pytest.mark.parametrize(("molecule_G0", "sigma"), [(3e-4, 0.3), (2e-3, 0.35), (5e-3, 0.15), (5e-2, 0.3)])
def test_molecule_is_found_wherever_it_conducts(molecule_G0, sigma):
    rng = np.random.default_rng(2)
    kind = {"molecule_G0": molecule_G0, "sigma_decades": sigma, "probability": 0.5, "noise_G0": 1e-5}

    found = find_candidates(histogram(opening_traces(rng, 300, **kind), LOG), 1e-4, 0.3)

    assert [c.centre for c in found] == pytest.approx([np.log10(molecule_G0)], abs=0.15)


def test_bare_metal_shows_no_molecule():
    found = [
        c
        for seed in range(10)
        for c in find_candidates(histogram(opening_traces(np.random.default_rng(seed), 150), LOG), 4e-4, 0.3)
    ]

    assert found == []


def test_samples_without_peaks_show_hardly_a_significant_one():
    """Even samples over ten G0, plateaus at random: nothing recurs from trace to trace."""
    found = [
        len(
            find_candidates(
                counted(LINEAR, _random_plateaus(np.random.default_rng(seed), 200)), 0.3, 4.0, SIGNIFICANT
            )
        )
        for seed in range(20)
    ]

    assert np.mean(found) < 0.5


def _random_plateaus(rng, n):
    return [
        np.concatenate([rng.uniform(0, 5) + 0.02 * rng.standard_normal(30) for _ in range(6)])
        for _ in range(n)
    ]


def test_one_long_plateau_of_one_trace_is_no_peak():
    rng = np.random.default_rng(3)
    traces = [rng.uniform(0.0, 5.0, 300) for _ in range(99)]
    traces.append(rng.normal(1.0, 0.02, 20_000))

    assert find_candidates(counted(LINEAR, traces), 0.3, 4.0) == ()


def test_neighbours_share_the_valley_between_them():
    found = find_candidates(histogram(opening_traces(np.random.default_rng(4), 300), LINEAR), 0.3, 4.0)

    one, two, three = found
    assert one.centre < one.high <= two.low < two.centre < two.high <= three.low < three.centre


def test_window_chosen_by_hand_is_the_reach():
    found = candidate_in(histogram(opening_traces(np.random.default_rng(5), 100), LINEAR), 0.7, 1.2)

    assert (found.low, found.high) == (0.7, 1.2)
    assert found.centre == pytest.approx(0.95, abs=0.08)


def test_window_without_maximum_is_refused():
    empty = counted(LINEAR, [np.zeros(5)])

    with pytest.raises(ValueError, match=r"no maximum between 0\.7 and 1\.2 G0"):
        candidate_in(empty, 0.7, 1.2)


@pytest.mark.parametrize("n", [2, 30])
def test_ramps_that_are_all_alike_have_no_peak_and_are_no_error(n):
    ramp = np.arange(5.005, 0.0, -0.01)
    assert find_candidates(counted(LINEAR, [ramp] * n), 0.3, 4.0) == ()


def test_a_histogram_without_a_count_has_no_peak():
    assert find_candidates(counted(LINEAR, [np.empty(0)] * 3), 0.3, 4.0) == ()
