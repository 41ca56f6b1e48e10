from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.records import Trace
from analysis.traces.noise_floor import open_parts
from analysis.traces.selection import SelectionRules
from tests.support.physics.iv_junctions import opening_traces
from tests.support.physics.selecting import noise_floor, rejection, select, usual_rules

RULES = SelectionRules()


def trace(*levels, flags=(), ended="open", each=20, number=0):
    """Steps of ``each`` samples."""
    g = np.repeat(np.array(levels, dtype=float), each)
    return Trace(number, (0, g.size), 1e-12 * np.arange(g.size), g, 0.1, ended, flags)


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (trace(8.0, 1.0, 1e-5), ""),
        (trace(np.inf, 1.0, 1e-5), ""),
        (trace(1.9, 1.0, 1e-5), "starts too low"),
        (trace(-8.0, -1.0, -1e-5), "starts too low"),
        (trace(8.0, 1.0, 0.02), "does not open"),
        (trace(8.0, 1.0, 1e-5, ended="not broken"), "does not open"),
        (trace(8.0, each=19), "too short"),
        (trace(np.nan, np.nan), "too short"),
        (trace(8.0, 1.0, 1e-5, flags=("aborted",)), "aborted"),
        (trace(8.0, 1.0, 1e-5, flags=("gap",)), "gap"),
        (trace(0.1, 0.2, flags=("I-V",)), "I-V"),
        (trace(8.0, 1.0, 1e-5, flags=("railed",)), ""),
    ],
)
def test_trace_is_rejected_for_what_is_wrong_with_it(one, reason):
    assert rejection(one, RULES) == reason


def test_one_spike_at_the_beginning_is_no_contact_and_one_at_the_end_no_opening():
    low = trace(1.0, 1e-5).conductance_G0.copy()
    low[0] = 50.0
    closed = trace(8.0, 1.0).conductance_G0.copy()
    closed[30:34] = 0.0

    rejected = [rejection(Trace(0, (0, g.size), g, g, 0.1, "open"), RULES) for g in (low, closed)]

    assert rejected == ["starts too low", "does not open"]


def test_reconnected_trace_did_open():
    assert rejection(trace(8.0, 1.0, 1e-5, 0.5), RULES) == ""


@given(st.lists(st.sampled_from([(8.0, 1e-5), (1.0, 1e-5), (8.0, 1.0)]), max_size=20))
def test_every_trace_is_kept_or_rejected_with_its_reason(kinds):
    traces = [trace(*levels, number=i) for i, levels in enumerate(kinds)]

    found = select(traces, RULES)

    kept = [t.number for t in found.kept]
    rejected = [t.number for t, _ in found.rejected]
    assert sorted(kept + rejected) == list(range(len(traces)))
    assert sum(found.reasons.values()) == len(rejected)
    assert all(reason for _, reason in found.rejected)
    assert found.samples == sum(t.conductance_G0.size for t in found.kept)


def test_wild_samples_are_excluded_and_counted_while_their_trace_counts():
    g = trace(8.0, 1.0, 1e-5).conductance_G0.copy()
    g[[3, 50]] = 615.0, -295.0
    g[4] = np.inf
    wild = Trace(0, (0, g.size), g, g, 0.1, "open")

    found = select([wild, trace(8.0, 1.0, -1e-5)], RULES)

    assert (found.wild_samples, found.wild_traces, found.railed_samples) == (2, 1, 1)
    assert np.flatnonzero(np.isnan(found.kept[0].conductance_G0)).tolist() == [3, 50]
    assert found.negative_samples == 20
    assert wild.conductance_G0[3] == 615.0  # the record itself is untouched


@pytest.mark.parametrize("noise_G0", [1e-7, 1e-5, 1e-3])
def test_noise_floor_is_that_of_the_open_junction(noise_G0):
    traces = opening_traces(np.random.default_rng(1), 50, noise_G0=noise_G0, tail_m=1.5e-9)

    found = noise_floor(traces)

    # A Gaussian's median absolute deviation; tunnelling makes it a little more, choosing a quiet part less.
    assert found.mad_G0 == pytest.approx(noise_G0 / 1.4826, rel=0.1)


def test_noise_floor_does_not_take_plateaus_for_noise_where_traces_end_soon_after_the_break():
    kind = {"molecule_G0": 2e-3, "probability": 0.95, "tail_m": 0.03e-9}
    traces = opening_traces(np.random.default_rng(2), 50, **kind)

    found = noise_floor(traces)

    assert found.limit_G0 < 1e-3


def test_offset_of_the_amplifier_raises_the_limit_not_the_noise():
    found = noise_floor(opening_traces(np.random.default_rng(3), 50, offset_G0=1e-3, noise_G0=1e-5))

    assert found.level_G0 == pytest.approx(1e-3, rel=0.05)
    assert found.mad_G0 < 2e-5
    assert found.limit_G0 > 2e-3


def test_noise_of_nothing_is_not_known():
    assert np.isnan(noise_floor([]).mad_G0)
    assert np.isnan(noise_floor([trace(8.0, each=10)]).mad_G0)


def test_usual_rules_keep_sets_that_start_or_end_elsewhere():
    low_start = [trace(1.2, 0.9, 1e-5, number=i) for i in range(9)]
    cut_early = [trace(8.0, 1.0, 0.05, number=i) for i in range(9)]
    noisy = [trace(8.0, 1.0, 0.03, number=i) for i in range(9)]

    for traces in (low_start, cut_early, noisy):
        found = select(traces, usual_rules(traces, noise_floor(traces)))
        assert len(found.kept) == 9, found.reasons


def test_known_contact_threshold_decides_what_starts_too_low():
    traces = [trace(8.0, 1e-5), trace(2.4, 1e-5)]
    noise = noise_floor(traces)

    assert usual_rules(traces, noise, contact_G0=5.0).starts_above_G0 == 2.5
    assert usual_rules(traces, noise).starts_above_G0 == 2.0


@pytest.mark.parametrize("traces", [[], [trace(np.nan)], [trace(each=1)], [trace(np.inf)]])
def test_usual_rules_of_traces_without_numbers_keep_none(traces):
    assert len(select(traces, usual_rules(traces, noise_floor(traces))).kept) == 0


def test_closing_traces_start_open_whatever_the_sign_of_their_noise():
    traces = [
        replace(t, conductance_G0=t.conductance_G0[::-1])
        for t in opening_traces(np.random.default_rng(3), 30)
    ]
    rules = usual_rules(traces, noise_floor(traces))
    assert rules.starts_above_G0 >= 10 * noise_floor(traces).mad_G0
    assert select(traces, rules).reasons == {"starts too low": 30}


@pytest.mark.parametrize("open_samples", [1200, 3000, 30_000])
@pytest.mark.parametrize("offset_G0", [0.0, 2e-5])
def test_noise_floor_of_running_means_does_not_depend_on_the_length_of_the_open_part(open_samples, offset_G0):
    """Conductances averaged over 800 samples; the open part holds one and a half to 37 of these."""
    averaged, sigma_G0, rng = 800, 3e-4, np.random.default_rng(4)
    traces = []
    for number in range(20):
        g = np.repeat([4.0, 1.0, offset_G0], [4000, 4000, open_samples])
        total = np.concatenate([[0.0], np.cumsum(g + sigma_G0 * rng.standard_normal(g.size))])
        running = np.full(g.size, np.nan)
        running[averaged // 2 : 1 - averaged // 2] = (total[averaged:] - total[:-averaged]) / averaged
        traces.append(
            Trace(number, (0, g.size), 1e-12 * np.arange(g.size), running, 0.01, "open", (), averaged)
        )

    found = noise_floor(traces)

    assert found.mad_G0 == pytest.approx(0.6745 * sigma_G0 / averaged**0.5, rel=0.15)
    assert found.level_G0 < 3 * 1.4826 * found.mad_G0 + offset_G0
    assert usual_rules(traces, found).opens_below_G0 == 0.01


def test_rounding_does_not_choose_the_open_part():
    """Two parts can be equally near to the median of an even number of levels."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        g = np.concatenate([np.full(40, 1.0), -1e-3 + 1e-4 * rng.standard_normal(960)])
        levels = [open_parts(by * g)[:, 0] for by in (1.0, 1.0 + 1e-13, 1.0 - 1e-13)]
        assert levels[1] == pytest.approx(levels[0], rel=1e-9)
        assert levels[2] == pytest.approx(levels[0], rel=1e-9)
