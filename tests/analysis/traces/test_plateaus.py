import numpy as np
import pytest

from analysis.records import Trace
from analysis.traces.plateaus import lengths_between, plateau_length_m, plateau_lengths


def trace(*levels_and_lengths, step_m=1e-12):
    g = np.concatenate([np.full(length, level) for level, length in levels_and_lengths])
    return Trace(0, (0, g.size), step_m * np.arange(g.size), g, 0.1, "open")


def test_plateau_is_as_long_as_it_was_made():
    one = trace((3.0, 50), (1.0, 120), (1e-5, 30))

    assert plateau_length_m(one, 0.5, 1.5) == pytest.approx(120e-12)


def test_molecular_plateau_counts_from_the_break_of_the_metal_and_is_zero_without_molecule():
    molecule = trace((3.0, 50), (1.0, 120), (2e-3, 80), (1e-5, 30))
    bare = trace((3.0, 50), (1.0, 120), (1e-5, 30))

    assert plateau_length_m(molecule, 5e-4, 0.5) == pytest.approx(80e-12)
    assert plateau_length_m(bare, 5e-4, 0.5) == 0.0


def test_contact_made_again_counts_from_its_last_break():
    again = trace((3.0, 50), (1.0, 120), (1e-5, 30), (2.0, 10), (1.0, 40), (1e-5, 30))

    assert plateau_length_m(again, 0.5, 1.5) == pytest.approx(40e-12)


@pytest.mark.parametrize("one", [trace((1.0, 50), (1e-5, 9)), trace((3.0, 50), (1.0, 50)), trace((0.1, 9))])
def test_trace_without_beginning_or_end_of_the_plateau_has_no_length(one):
    assert np.isnan(plateau_length_m(one, 0.5, 1.5))


def test_plateaus_measured_together_are_those_measured_one_by_one():
    rng = np.random.default_rng(3)
    levels = np.array([np.nan, -0.1, 1e-5, 0.4, 0.5, 0.9, 1.5, 3.0])
    traces = [trace(*((level, 1) for level in rng.choice(levels, 12))) for _ in range(500)]
    bounds = [(0.5, 1.5), (1.5, 0.5), (1e-5, 0.5), (0.5, 0.5), (2.0, 4.0)]

    together = np.array([lengths.lengths_m for lengths in lengths_between(traces, bounds)])

    alone = [[plateau_length_m(one, low, high) for one in traces] for low, high in bounds]
    assert np.array_equal(together, alone, equal_nan=True)
    assert np.isfinite(together[:4]).any(axis=1).all()


def test_exponential_lengths_have_the_quartiles_known_by_hand():
    lengths = np.random.default_rng(1).exponential(100e-12, 4000)
    traces = [trace((3.0, 5), (1.0, max(1, round(x / 1e-12))), (0.0, 5)) for x in lengths]

    found = plateau_lengths(traces, 0.5, 1.5)

    assert found.n == 4000
    assert found.quantiles_m() == pytest.approx(-100e-12 * np.log([0.75, 0.5, 0.25]), rel=0.06)


def test_unknown_displacement_gives_unknown_lengths():
    known = trace((3.0, 5), (1.0, 5), (0.0, 5))
    unknown = Trace(0, (0, 15), np.full(15, np.nan), known.conductance_G0, 0.1, "open")

    found = plateau_lengths([unknown], 0.5, 1.5)

    assert found.n == 0
    assert np.isnan(found.quantiles_m()).all()
