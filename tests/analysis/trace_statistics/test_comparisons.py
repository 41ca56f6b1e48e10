"""Conditions, yields, two sets: values for known truth, and controls in which there is nothing to find."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.statistics.estimate import unknown
from analysis.statistics.memory import Memory
from analysis.statistics.several import holm
from analysis.statistics.statistic import StatisticError
from analysis.trace_statistics import conditional, enough_traces, junction_yield, two_sets
from analysis.trace_statistics.condition import Condition
from analysis.trace_statistics.junction_yield import YieldOptions, net_share, slope_decades_per_nm
from analysis.trace_statistics.window_peak import resampled_peak
from analysis.traces.histogram import BinAxis, Scale
from tests.support.physics.opening_traces import molecular_traces, remembering, trace_of

TRACE = trace_of([6.0, 5.0, 5.0, 5.0, 5.0, 1.6, 1.0, 1.0, 0.9, 0.1, 0.0, 0.0, 0.0], number=7)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("samples(0.5, 1.5) >= 3", True),
        ("samples(0.5, 1.5) > 3", False),
        ("samples(0.5, 1.5) >= 3 and number < 7", False),
        ("not number < 7 or start > 100", True),
        ("4 < start < 6 and end < 1e-3", True),
        ("length_nm(0.5, 1.5) >= 0.0014", True),
        ("samples(-1, 0.05) >= 3", True),
        ("opening > 0", True),
    ],
)
def test_conditions(text, holds):
    assert Condition(text).holds(TRACE) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "samples(1) > 2",
        "__import__('os')",
        "peak > 1",
        "samples(1, 2)",
        "number == 3",
        "lambda: 1",
        "1 +",
    ],
)
def test_what_is_no_condition_is_refused_with_an_example(text):
    with pytest.raises(StatisticError, match=r"write, for example|compare with <"):
        Condition(text)


def test_an_unknown_quantity_fulfils_nothing():
    unknown_length = trace_of([0.1, 0.1, 0.1])

    assert not Condition("length_nm(0.5, 1.5) >= 0").holds(unknown_length)
    assert not Condition("length_nm(0.5, 1.5) < 0").holds(unknown_length)


def test_a_peak_made_by_its_condition_is_hatched_and_named():
    traces = molecular_traces(80, np.random.default_rng(0), share=0.0)
    options = conditional.ConditionalOptions(
        ("samples(1e-3, 1e-2) >= 18",), compared_G0=(2e-3, 5e-3), peak_G0=(0.7, 1.2)
    )

    result = conditional.STATISTIC.compute(traces, np.random.default_rng(0), options=options)

    assert result.numbers[0].estimate.interval[0] > 1.0  # tunnelling alone, and yet a "difference"
    assert result.pictures[0].hatched == ((1e-3, 1e-2),)
    assert any("made by the condition" in remark for remark in result.remarks)


def test_conditions_that_mean_nothing_are_significant_at_their_rate():
    rng = np.random.default_rng(1)
    p_values = []
    for _ in range(100):
        counts, holds = rng.exponential(50.0, 60), rng.random(60) < 0.3
        p_values.append(conditional._p_value(counts, holds))

    assert np.mean(np.array(p_values) < 0.05) < 0.14


def test_the_ratio_of_groups_that_do_not_differ_covers_one():
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(60):
        counts = rng.exponential(50.0, 100)
        low, high = conditional._ratio(counts, rng.random(100) < 0.4, Memory(100), rng).interval
        inside += low < 1.0 < high

    assert inside >= 50


def test_a_small_group_is_a_doubt():
    counts, holds = np.ones(30), np.arange(30) < 4

    ratio = conditional._ratio(counts, holds, Memory(30), np.random.default_rng(3))

    assert "fewer than 10 traces in one group" in ratio.doubts


def test_holm_corrects_for_the_number_of_tests():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.9, np.nan, 0.8])[1:] == pytest.approx((np.nan, 1.0), nan_ok=True)


# ---- yield ----


def test_the_net_yield_of_tunnelling_alone_is_nothing():
    rng = np.random.default_rng(4)
    options = YieldOptions(
        ((1e-3, 1e-2),), (10,), control_G0=(1e-4, 1e-3), control_samples=17, steepest_decades_per_nm=np.inf
    )
    inside, gross = 0, []
    for _ in range(30):
        traces = molecular_traces(50, rng, share=0.0)
        result = junction_yield.STATISTIC.compute(traces, rng, options=options)
        net = result.numbers[-1].estimate
        inside += net.interval[0] <= 0.0 <= net.interval[1]
        gross.append(result.tables[0].rows[0][1].value)

    assert min(gross) > 0.5  # tunnelling passes the window
    assert inside >= 25


def test_the_net_yield_of_a_molecule_is_its_share():
    traces = molecular_traces(400, np.random.default_rng(5), share=0.6)
    options = YieldOptions(((5e-4, 5e-3),), (40,), blank_share=0.05, blank_traces=400)

    result = junction_yield.STATISTIC.compute(traces, np.random.default_rng(0), options=options)

    counts = np.array([junction_yield.yield_row(trace, options)[0] for trace in traces])
    p = np.mean(counts >= 40)
    net = result.numbers[-1].estimate
    assert net.value == pytest.approx((p - 0.05) / 0.95)
    assert net.se > np.sqrt(p * (1 - p) / 400)
    assert net_share(0.5, 1.0) != net_share(0.5, 1.0)  # nothing is left


def test_a_slope_limit_leaves_out_tunnelling():
    x = np.linspace(0, 1e-9, 100)
    steep, flat = 10 ** (-2.0 - 8.7 * x * 1e9), np.full(100, 3e-3)

    assert slope_decades_per_nm(x, steep) == pytest.approx(-8.7)
    options = YieldOptions(((1e-4, 1e-2),), (10,), steepest_decades_per_nm=2.0)
    rows = [junction_yield.yield_row(trace_of(g, step_m=1e-11), options)[0] for g in (steep, flat)]
    assert rows == [0, 100]


# ---- two sets ----

FAST = two_sets.TwoSetsOptions((0.5, 1.5), ((0.7, 1.3),), permutations=99, resamples=100, margin=0.05)


def contacts(n, centre, rng):
    return [
        trace_of(
            centre + 0.05 * rng.standard_normal() + 0.05 * rng.standard_normal(1 + int(rng.exponential(60)))
        )
        for _ in range(n)
    ]


def verdicts(sets, options=FAST, seed=0):
    found = two_sets.compare_sets(sets, options, np.random.default_rng(seed))
    return {pair: one.verdict for pair, one in found.items()}


def test_identical_sets_differ_at_the_stated_rate():
    rng = np.random.default_rng(6)
    different = 0
    singles = Memory(40), Memory(40)
    for _ in range(40):
        first, second = (two_sets.set_rows(contacts(40, 1.0, rng), FAST)[0] for _ in range(2))
        different += two_sets.permutation_p(first, second, singles, FAST, rng)[1] < FAST.level

    assert different <= 7  # 5 %: more than this in one of 1000


def test_sets_that_differ_are_found_and_equal_ones_equivalent_within_a_margin():
    rng = np.random.default_rng(7)
    sets = [contacts(150, 1.0, rng), contacts(150, 1.0, rng), contacts(150, 1.15, rng)]

    found = verdicts(sets)

    assert found == {(0, 1): "equivalent", (0, 2): "different", (1, 2): "different"}


def test_few_traces_are_neither():
    rng = np.random.default_rng(8)
    narrow = replace(FAST, margin=0.001)

    assert verdicts([contacts(30, 1.0, rng), contacts(30, 1.0, rng)], narrow)[0, 1] == "cannot tell"
    with pytest.raises(StatisticError, match="a set of 5 traces is too small"):
        verdicts([contacts(5, 1.0, rng), contacts(30, 1.0, rng)])
    assert two_sets.verdict_of(0.5, [unknown(3, "no peak")], narrow) == "cannot tell"


def two_levels(n, second, rng):
    """Traces with a level at 10^-2.7 G0, half of them with a second one at a given log10 of G/G0."""
    traces = []
    for _ in range(n):
        levels = [-2.7, *([second] if rng.random() < 0.5 else [])]
        parts = [level + 0.15 * rng.standard_normal() + 0.05 * rng.standard_normal(60) for level in levels]
        traces.append(trace_of(10.0 ** np.concatenate(parts)))
    return traces


def test_of_two_levels_that_overlap_the_nearer_to_the_maximum_is_compared():
    rng = np.random.default_rng(10)
    sets = [two_levels(120, second, rng) for second in (-2.1, -2.3)]
    one, two = (
        replace(FAST, range_G0=(1e-4, 0.1), windows_G0=((2e-4, 5e-2),), log=True, gaussians=n) for n in (1, 2)
    )

    both = [two_sets.compare_sets(sets, options, rng)[0, 1].differences[0] for options in (one, two)]

    rows = two_sets.set_rows(sets[1], two)[1]
    centres = [resampled_peak(two.axes[1], rows, rng, 100, gaussians=n)[0] for n in (1, 2)]
    assert abs(centres[1] - -2.7) < 0.06 < abs(centres[0] - -2.7)  # one Gaussian merges both levels
    assert abs(both[1].value) < 0.12 and both[1].interval[0] < 0.0 < both[1].interval[1]


def test_all_peaks_must_be_within_the_margin():
    rng = np.random.default_rng(11)
    options = replace(FAST, range_G0=(0.5, 1.5), windows_G0=((0.7, 1.3), (1.7, 2.3)))
    sets = [
        [*contacts(150, 1.0, rng), *contacts(150, 2.0 + shift, rng)]  # the range does not see the second peak
        for shift in (0.0, 0.15)
    ]

    found = two_sets.compare_sets(sets, options, rng)[0, 1]

    assert found.differences[0].interval[0] < 0.0 < found.differences[0].interval[1]
    assert found.differences[1].value == pytest.approx(0.15, abs=0.04)
    assert found.verdict != "equivalent"


def test_error_of_one_of_two_levels_covers_both_while_the_data_do_not_tell_which_is_higher():
    rng = np.random.default_rng(4)
    axis = BinAxis(Scale.LOG, 1e-4, 0.1, 60)
    levels = np.repeat([-3.2, -2.0], 60)[:, None]
    samples = 10.0 ** (levels + 0.2 * rng.standard_normal((120, 50)))
    rows = np.array([np.bincount(axis.place(each), minlength=63)[1:-2] for each in samples])

    _, again, _ = resampled_peak(axis, rows, rng, 200, gaussians=2)

    assert np.percentile(again, 5) == pytest.approx(-3.2, abs=0.1)
    assert np.percentile(again, 95) == pytest.approx(-2.0, abs=0.1)


def test_enough_waits_for_every_peak():
    rng = np.random.default_rng(12)
    first = contacts(150, 1.0, rng)
    rare = [contacts(1, centre, rng)[0] for centre in 2.0 + 0.15 * rng.standard_normal(8)]  # error 0.05 G0
    traces = [*rare[:4], *first, *rare[4:]]
    windows = ((0.7, 1.3), (1.7, 2.3))
    alone, both = (
        enough_traces.STATISTIC.compute(
            traces, np.random.default_rng(0), options=enough_traces.EnoughOptions(chosen, target=0.01)
        )
        for chosen in (windows[:1], windows)
    )
    assert alone.data["enough"] and not both.data["enough"]
    assert [number.name for number in both.numbers] == [
        f"peak in {low:g} to {high:g} G0 so far, not enough" for low, high in windows
    ]
    assert len(both.pictures) == 2


def test_sets_that_remember_are_permuted_in_blocks():
    rng = np.random.default_rng(9)
    different = {1: 0, 10: 0}
    for _ in range(20):
        pair = [np.exp(1.5 * remembering(100, 0.85, rng)) for _ in range(2)]
        rows = [np.stack([np.ones(100), counts], axis=1).round().astype(int) + 1 for counts in pair]
        for tau in different:
            memory = Memory(100, float(tau)), Memory(100, float(tau))
            different[tau] += two_sets.permutation_p(*rows, memory, FAST, rng)[1] < 0.05

    assert different[10] <= 5 < different[1]
