import sys

import numpy as np
import pytest
from scipy.special import ndtri

from analysis.statistics.statistic import StatisticError
from analysis.trace_statistics.clustering import (
    METHODS,
    STATISTIC,
    ClusterOptions,
    agreement,
    clustered,
    has_gap,
    null_p_value,
    stability,
)
from tests.support.physics.opening_traces import trace_of, weyl

pytest.importorskip("sklearn")
QUICK = ClusterOptions(method="agglomerative", nulls=4, subsamples=2, components=3)


def two_classes():
    k = np.arange(1, 201)
    truth = (k % 10 < 3).astype(int)
    columns = [
        ndtri(weyl(k, np.sqrt(2))) + 4 * truth,
        ndtri(weyl(k, np.sqrt(3))),
        0.5 * ndtri(weyl(k, np.sqrt(5))),
    ]
    return np.stack(columns, axis=1), truth


@pytest.mark.parametrize("method", METHODS)
def test_two_classes_are_found(method):
    points, truth = two_classes()

    clusters = clustered(points, 2, method)

    assert np.bincount(clusters.labels).tolist() == [140, 60]
    assert agreement(clusters.labels, truth) == 1.0
    assert clusters.silhouette == pytest.approx(0.5696720189838728)
    if method == "k-means":
        assert clusters.inertia == pytest.approx(433.6015829123908)


def test_two_classes_are_stable_and_one_gaussian_is_less_distinct():
    points, _ = two_classes()
    options = ClusterOptions(method="agglomerative", subsamples=4, nulls=19)
    rng = np.random.default_rng(0)

    assert stability(points, ClusterOptions(method="k-means", subsamples=4), rng) == (1.0, 1.0)
    p, median = null_p_value(points, 0.5696720189838728, options, rng)
    assert p == pytest.approx(0.05) and median < 0.5


def test_one_gaussian_has_no_clusters_at_the_stated_rate():
    rng = np.random.default_rng(1)
    options = ClusterOptions(method="agglomerative", nulls=9)
    small = 0
    for _ in range(15):
        points = rng.standard_normal((60, 2))
        silhouette = clustered(points, 2, options.method).silhouette
        small += null_p_value(points, silhouette, options, rng)[0] <= 0.1

    assert small <= 6  # 10 %: more than this in one of 1000


def levels(n, centres, spread, rng):
    return [
        trace_of(
            np.concatenate(
                [[3.0] * 5, 10.0 ** (rng.choice(centres) + spread * rng.standard_normal()
                 + 0.05 * rng.standard_normal(100)), np.full(20, 1e-7)]
            ),
            i,
            1e-11,
        )
        for i in range(n)
    ]  # fmt: skip


def test_a_continuum_is_called_slices_and_a_gap_clusters():
    rng = np.random.default_rng(2)

    one, two = (
        STATISTIC.compute(levels(100, centres, 0.25, rng), np.random.default_rng(0), options=QUICK)
        for centres in ([-3.0], [-4.5, -2.0])
    )

    assert any("slices, may be a continuum" in remark for remark in one.remarks)
    assert "slices" in one.tables[0].caption and not one.data["gap"]
    assert two.data["gap"] and "clusters" in two.tables[0].caption
    assert two.data["scikit_learn"] and len(two.data["labels"]) == len(two.data["numbers_of_traces"]) == 100


def test_one_level_has_a_gap_in_hardly_any_set():
    rng = np.random.default_rng(3)

    assert sum(has_gap(rng.normal(-3.0, 0.25, 150), rng, 60) for _ in range(20)) <= 3


def test_what_cannot_be_clustered_is_refused():
    traces = levels(10, [-3.0], 0.2, np.random.default_rng(4))

    with pytest.raises(StatisticError, match="10 traces are too few"):
        STATISTIC.compute(traces, np.random.default_rng(0))
    with pytest.raises(StatisticError, match="not one of gmm, k-means, agglomerative"):
        clustered(np.zeros((50, 2)), 2, "hdbscan")


def test_without_scikit_learn_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)

    with pytest.raises(StatisticError, match=r'pip install "hotjunction\[analysis\]"'):
        clustered(np.zeros((50, 2)), 2)
