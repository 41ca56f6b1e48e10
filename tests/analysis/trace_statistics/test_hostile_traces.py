"""Records from which nothing can be learned: no statistic fails on them, and none states an error of zero."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.statistics.estimate import Estimate, from_resamples
from analysis.statistics.memory import memory_of
from analysis.statistics.registry import STATISTICS
from analysis.statistics.statistic import TRACES, StatisticError
from analysis.trace_statistics import enough_traces, two_sets
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


@pytest.mark.parametrize("gaussians", [1, 2])
def test_copies_of_a_trace_are_never_enough(gaussians):
    plateau = 1.0 + 0.05 * np.random.default_rng(1).standard_normal(100)
    copies = [trace_of(np.concatenate([[3.0, 2.0], plateau, [1e-5] * 20]), k) for k in range(96)]
    options = enough_traces.EnoughOptions(gaussians=gaussians)

    result = STATISTICS["enough"].compute(copies, np.random.default_rng(0), options=options)

    assert not result.data["enough"]
    assert np.isnan(result.numbers[0].estimate.se)
    assert result.remarks[0].startswith(
        "The 75 traces are alike in the window: copies of one, or a fixed resistor"
    )


def test_sets_of_copies_are_not_equivalent():
    options = two_sets.TwoSetsOptions(permutations=99, resamples=100)
    compared = two_sets.compare_sets([[SAME] * 40, [SAME] * 30], options, np.random.default_rng(0))[0, 1]

    assert compared.verdict == two_sets.CANNOT_TELL
    assert compared.differences[0].doubts == ("the traces are alike, so no error could be determined",)


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
