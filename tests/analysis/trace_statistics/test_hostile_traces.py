"""Records from which nothing can be learned: no statistic fails on them, and none states an error of zero."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.statistics.estimate import Estimate, from_resamples
from analysis.statistics.memory import memory_of
from analysis.statistics.registry import STATISTICS
from analysis.statistics.statistic import TRACES, StatisticError
from analysis.trace_statistics import enough_traces, two_sets
from analysis.traces.copies import originals, sketch
from tests.support.physics.opening_traces import molecular_traces, remembering, trace_of

SAME = molecular_traces(1, np.random.default_rng(3))[0]
CASES = {
    "none": [],
    "one": [SAME],
    "the same 12 times": [replace(SAME, number=k) for k in range(12)],
    "NaN": [trace_of(np.full(50, np.nan), k) for k in range(12)],
    "constant": [trace_of(np.ones(50), k) for k in range(12)],
    "zero": [trace_of(np.zeros(50), k) for k in range(12)],
    "without samples": [trace_of(np.empty(0), k) for k in range(12)],
}


def estimates(result):
    cells = (cell for table in result.tables for row in table.rows for cell in row)
    return [number.estimate for number in result.numbers] + [c for c in cells if isinstance(c, Estimate)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", [n for n in STATISTICS if n not in ("clusters", "enough", "drift")])
def test_no_error_of_zero_and_a_sentence_where_there_is_no_result(name, case):
    statistic = STATISTICS[name]
    if statistic.of != TRACES:
        return
    try:
        found = estimates(statistic.compute(CASES[case], np.random.default_rng(0)))
    except StatisticError as error:
        assert str(error)
        return
    for one in found:
        assert np.isnan(one.value) or not one.se <= 1e-9 * abs(one.value), one
        assert np.isfinite(one.se) or one.doubts or np.isnan(one.value), one


ALTERED = {
    "exact": lambda g: g,
    "scaled": lambda g: 1.1 * g,
    "shifted": lambda g: g + 1e-6,
    "scaled, shifted, in single precision": lambda g: (0.9 * g + 1e-6).astype(np.float32).astype(float),
    "cut": lambda g: g[g.size // 4 :],
    "delayed": lambda g: np.concatenate([np.full(7, g[0]), g]),
}


@pytest.mark.parametrize("gaussians", [1, 2])
def test_copies_of_a_trace_are_never_enough(gaussians):
    plateau = 1.0 + 0.05 * np.random.default_rng(1).standard_normal(100)
    copies = [trace_of(np.concatenate([[3.0, 2.0], plateau, [1e-5] * 20]), k) for k in range(96)]
    options = enough_traces.EnoughOptions(gaussians=gaussians)

    with pytest.raises(StatisticError, match="there are 1, and 95 copies of them"):
        STATISTICS["enough"].compute(copies, np.random.default_rng(0), options=options)


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_copies_of_four_traces_count_as_four(alter):
    rng = np.random.default_rng(1)
    four = [0.9 + 0.05 * rng.standard_normal(400) for _ in range(4)]
    repeated = [trace_of(g if k == 0 else alter(g)) for k in range(25) for g in four]

    with pytest.raises(StatisticError, match="at 50 traces; there are 4, and 96 copies of them"):
        STATISTICS["enough"].compute(repeated, np.random.default_rng(0))


def test_a_few_copies_among_many_traces_change_nothing_but_a_remark():
    rng = np.random.default_rng(2)
    traces = [trace_of(0.9 + 0.05 * rng.standard_normal(300)) for _ in range(60)]
    enough = STATISTICS["enough"]

    alone = enough.compute(traces, np.random.default_rng(0))
    result = enough.compute([*traces, *traces[:1]], np.random.default_rng(0))

    assert result.numbers == alone.numbers
    assert result.data["copies"] == 1 and not alone.data["copies"]
    assert result.remarks[0].startswith("Of 61 traces 1 copy of others (the same samples, or the same noise")
    assert result.remarks[1:] == alone.remarks


@pytest.mark.parametrize("kind", ["smooth", "tone", "two values", "drifting together"])
def test_traces_that_only_look_alike_are_no_copies(kind):
    rng = np.random.default_rng(3)
    t = np.arange(2000)
    make = {
        "smooth": lambda: 10.0 ** -np.sort(rng.uniform(0, 5, t.size)),
        "tone": lambda: np.sin(0.9 * t + rng.uniform(0, 6)) + 1e-3 * rng.standard_normal(t.size),
        "two values": lambda: rng.integers(0, 2, t.size).astype(float),
        "drifting together": lambda: np.cos(t / 300.0) + 0.02 * rng.standard_normal(t.size),
    }[kind]
    sketches = np.array([sketch(make()) for _ in range(60)])
    assert originals(sketches) == list(range(60))


def test_sets_of_one_trace_are_not_equivalent():
    other = molecular_traces(1, np.random.default_rng(4))[0]
    options = two_sets.TwoSetsOptions(permutations=99, resamples=100)
    compared = two_sets.compare_sets([[SAME] * 40, [other] * 30], options, np.random.default_rng(0))[0, 1]

    assert compared.verdict != two_sets.EQUIVALENT
    assert compared.differences[0].doubts == ("the traces are alike, so no error could be determined",)


def test_sets_that_share_traces_are_no_two_samples():
    traces = molecular_traces(60, np.random.default_rng(5))
    fewer = [replace(trace, number=k) for k, trace in enumerate(traces) if k % 20 != 3]
    options = two_sets.TwoSetsOptions(permutations=99, resamples=100)
    with pytest.raises(StatisticError, match="57 traces of set 2 are copies of traces of set 1"):
        two_sets.compare_sets([traces, fewer], options, np.random.default_rng(0))
    half = molecular_traces(30, np.random.default_rng(6)) + traces[:30]
    with pytest.raises(StatisticError, match="30 traces of set 3 are copies of traces of set 2"):
        two_sets.compare_sets(
            [molecular_traces(40, np.random.default_rng(7)), half, traces], options, np.random.default_rng(0)
        )


def test_clusters_of_traces_that_are_alike_are_refused():
    pytest.importorskip("sklearn")
    for case in ("the same 12 times", "NaN", "constant"):
        with pytest.raises(StatisticError, match="different values; no clusters"):
            STATISTICS["clusters"].compute(CASES[case] * 4, np.random.default_rng(0))


def test_few_records_have_no_interval():
    resamples = np.random.default_rng(5).normal(1.0, 0.1, 300)
    four = from_resamples(1.0, resamples, 4, 4.0, "bootstrap")
    assert np.isnan(four.interval).all() and four.doubts == ("only 4 records: no interval",)
    assert np.isnan(from_resamples(1.0, resamples, 1, 1.0, "bootstrap").se)


def test_lengths_do_not_depend_on_the_sign_of_the_displacement():
    turned = replace(SAME, displacement_m=-SAME.displacement_m)
    lengths = [
        STATISTICS["plateau"].reduce(trace, STATISTICS["plateau"].options).metres for trace in (SAME, turned)
    ]
    assert lengths[1] == pytest.approx(lengths[0], nan_ok=True)


def test_memory_is_that_of_the_numbers_in_any_unit():
    series = remembering(400, 0.8, np.random.default_rng(6))
    assert memory_of(1e-10 * series).tau == pytest.approx(memory_of(series).tau)
    assert memory_of(series).tau > 4.0


def test_a_digitiser_makes_no_change_points():
    pytest.importorskip("ruptures")
    from analysis.trace_statistics.drift import change_points

    steps = np.where(np.random.default_rng(7).random(200) < 0.1, 1.01, 1.0)
    assert len(change_points(steps)) <= 1
