"""Clusters of traces without labels, with what keeps a reader from believing them.

Every set of traces can be cut into stable clusters, also one class with a continuous spread. Therefore the number of
clusters is the analyst's choice, silhouette and stability are printed beside those of a null (one Gaussian of the same
covariance), and clusters are called slices unless the histogram of a cluster's own level has a gap.
Reviewed and criticised in Bro-Joergensen et al., Chem. Soc. Rev. 51, 6875 (2022).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.numbers import probability
from analysis.records import FloatArray, Trace
from analysis.sliding import gaussian_mean
from analysis.statistics.result import (
    Curve,
    LinePicture,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.traces.histogram import BinAxis, CountArray, histogram, last_opening

GMM, K_MEANS, AGGLOMERATIVE = "gmm", "k-means", "agglomerative"
METHODS = (GMM, K_MEANS, AGGLOMERATIVE)
F1D, F2D, ALIGNED = "1D", "2D", "aligned trace"
FEATURES = (F1D, F2D, ALIGNED)
SIDE = 28
"""Cells on a side of the 2D features."""

LEAST_TRACES = 40
NULLS, SUBSAMPLES, SUBSAMPLE_SHARE = 19, 20, 0.8


@dataclass(frozen=True)
class ClusterOptions:
    """Features of traces, and how they are clustered.

    Parameters
    ----------
    clusters : int
        Number of clusters.
    method : str
        Method: "gmm", "k-means" or "agglomerative".
    features : str
        Features of a trace: "1D", "2D" or "aligned trace".
    components : int
        Principal components that are kept.
    smoothing_decades : float
        Smoothing of the features, best as wide as the spread of a level.
    lowest_G0 : float
        Lower end of the features.
    highest_G0 : float
        Upper end of the features.
    per_decade : int
        Bins in a decade of conductance.
    displacement_m : float
        Range after the break of the features "2D" and "aligned trace".
    seed : int
        Seed of the random numbers.
    nulls : int
        Sets without clusters that the result is compared with.
    subsamples : int
        Subsamples that show the stability.
    """

    clusters: int = 2
    method: str = GMM
    features: str = F1D
    components: int = 5
    smoothing_decades: float = 0.25
    lowest_G0: float = 1e-6
    highest_G0: float = 1.0
    per_decade: int = 20
    displacement_m: float = 1.5e-9
    seed: int = 0
    nulls: int = NULLS
    subsamples: int = SUBSAMPLES


@dataclass(frozen=True, eq=False)
class ClusterRow:
    """Number of the trace and its counts for each kind of features."""

    number: int
    log: CountArray
    image: CountArray
    profile: FloatArray


@dataclass(frozen=True, eq=False)
class Clusters:
    """Labels (0 is the largest cluster), silhouette, and the inertia of k-means (NaN for others)."""

    labels: NDArray[np.intp]
    silhouette: float
    inertia: float


def cluster_row(trace: Trace, options: ClusterOptions) -> ClusterRow:
    """Return the features of one trace before they are smoothed and normalised."""
    axis = _axis(options)
    log = histogram([trace], axis).traces[0].astype(np.int32)
    image = np.zeros(SIDE * SIDE, dtype=np.int32)
    profile = np.full(SIDE, np.log10(options.lowest_G0), dtype=float)
    at = last_opening(trace.conductance_G0, 0.5)
    if at is not None and np.isfinite(trace.displacement_m[at]):
        x = (trace.displacement_m[at:] - trace.displacement_m[at]) / options.displacement_m * SIDE
        y = np.log10(np.maximum(trace.conductance_G0[at:], options.lowest_G0))
        rows = (y - np.log10(options.lowest_G0)) / np.log10(options.highest_G0 / options.lowest_G0) * SIDE
        inside = np.isfinite(x) & np.isfinite(rows) & (x >= 0) & (x < SIDE) & (rows >= 0) & (rows < SIDE)
        columns = x[inside].astype(int)
        image = np.bincount(columns * SIDE + rows[inside].astype(int), minlength=SIDE * SIDE).astype(np.int32)
        n = np.bincount(columns, minlength=SIDE)
        profile = np.where(n > 0, np.bincount(columns, y[inside], SIDE) / np.maximum(n, 1), profile)
    return ClusterRow(trace.number, log, image, profile)


def _axis(options: ClusterOptions) -> BinAxis:
    return BinAxis.log(options.lowest_G0, options.highest_G0, options.per_decade)


def histogram_features(counts: FloatArray | CountArray, smoothing_bins: float) -> FloatArray:
    """Return smoothed counts over their sum, square root of each, shape (n, bins)."""
    values = np.asarray(counts, dtype=float)
    smooth = gaussian_mean(values, smoothing_bins) if smoothing_bins > 0 else values
    return np.asarray(np.sqrt(smooth / np.maximum(values.sum(axis=1, keepdims=True), 1.0)), dtype=float)


def features_of(rows: Sequence[ClusterRow], options: ClusterOptions, features: str) -> FloatArray:
    """Return the features of all traces, shape (n, m). Raises ``StatisticError`` for an unknown kind."""
    if features == F1D:
        smoothing = options.smoothing_decades * options.per_decade
        return histogram_features(np.array([row.log for row in rows]), smoothing)
    if features == F2D:
        return histogram_features(np.array([row.image for row in rows]), 0.0)
    if features == ALIGNED:
        return np.array([row.profile for row in rows])
    raise StatisticError(f"features {features!r} are not one of {', '.join(FEATURES)}")


def reduced(features: FloatArray, components: int) -> tuple[FloatArray, FloatArray]:
    """Return principal components, shape (n, components), and their shares of the variance."""
    _sklearn()
    from sklearn.decomposition import PCA

    pca = PCA(min(components, *features.shape), svd_solver="full")
    return pca.fit_transform(features), pca.explained_variance_ratio_


def clustered(points: FloatArray, k: int, method: str = GMM, seed: int = 0) -> Clusters:
    """Return the clusters of points, shape (n, m).

    Raises
    ------
    StatisticError
        For an unknown method, or without scikit-learn.
    """
    _sklearn()
    from sklearn.cluster import AgglomerativeClustering, KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    inertia = float("nan")
    with threadpool_limits(1):  # threads on matrices as small as ours only wait for each other
        if method == K_MEANS:
            fit = KMeans(k, n_init=10, random_state=seed).fit(points)
            labels, inertia = fit.labels_, float(fit.inertia_)
        elif method == GMM:
            labels = GaussianMixture(
                k, covariance_type="full", n_init=5, reg_covar=1e-8, random_state=seed
            ).fit_predict(points)
        elif method == AGGLOMERATIVE:
            labels = AgglomerativeClustering(k).fit_predict(points)
        else:
            raise StatisticError(f"method {method!r} is not one of {', '.join(METHODS)}")
    order = np.argsort(-np.bincount(labels, minlength=k), kind="stable")
    labels = np.argsort(order)[labels]
    several = np.unique(labels).size > 1
    silhouette = float(silhouette_score(points, labels)) if several else float("nan")
    return Clusters(np.asarray(labels, dtype=np.intp), silhouette, inertia)


def agreement(first: NDArray[np.intp], second: NDArray[np.intp]) -> float:
    """Return the adjusted Rand index of two labellings: 1 for the same, 0 for chance."""
    _sklearn()
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(first, second))


def stability(points: FloatArray, options: ClusterOptions, rng: np.random.Generator) -> tuple[float, float]:
    """Return median and 10th percentile of the agreement of clusters of subsamples of 80 % with those of all."""
    whole = clustered(points, options.clusters, options.method, options.seed).labels
    n = len(points)
    values = []
    for _ in range(options.subsamples):
        some = np.sort(rng.choice(n, int(SUBSAMPLE_SHARE * n), replace=False))
        part = clustered(points[some], options.clusters, options.method, options.seed).labels
        values.append(agreement(whole[some], part))
    return float(np.median(values)), float(np.percentile(values, 10))


def null_p_value(
    points: FloatArray, seen: float, options: ClusterOptions, rng: np.random.Generator
) -> tuple[float, float]:
    """Return p and median of the silhouette of points drawn from one Gaussian of the same covariance."""
    mean, covariance = points.mean(axis=0), np.atleast_2d(np.cov(points.T))
    values = [
        clustered(
            rng.multivariate_normal(mean, covariance, len(points), method="svd"),
            options.clusters,
            options.method,
            options.seed,
        ).silhouette
        for _ in range(options.nulls)
    ]
    exceeded = int(np.count_nonzero(np.array(values) >= seen))
    return (1 + exceeded) / (1 + options.nulls), float(np.nanmedian(values))


def has_gap(levels: FloatArray, rng: np.random.Generator, resamples: int = 200) -> bool:
    """Return True if the histogram of a level has a gap: a valley below half of the lower peak in 95 % of resamples."""
    levels = levels[np.isfinite(levels)]
    if levels.size < LEAST_TRACES:
        return False
    low, high = np.percentile(levels, (1, 99))
    edges = np.linspace(float(low), float(high), 41)
    if not edges[0] < edges[-1]:
        return False
    drawn = rng.integers(0, levels.size, (resamples, levels.size))
    return float(np.mean([_valley(np.histogram(levels[i], edges)[0]) < 0.5 for i in drawn])) >= 0.95


def _valley(counts: NDArray[Any]) -> float:
    """Return the deepest valley of a histogram relative to the lower of the peaks beside it; 1 without a valley."""
    smooth = gaussian_mean(counts.astype(float), 2.0)
    left = np.maximum.accumulate(smooth)
    right = np.maximum.accumulate(smooth[::-1])[::-1]
    lower = np.minimum(left, right)
    return float(np.min(smooth / np.maximum(lower, 1e-12)))


def cluster_result(
    rows: Sequence[ClusterRow], options: ClusterOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return the clusters with silhouette, stability, null, second opinions, and the wording they deserve."""
    if options.clusters < 2:
        raise StatisticError("clusters must be at least 2")
    if len(rows) < LEAST_TRACES:
        raise StatisticError(f"{len(rows)} traces are too few for clusters; at least {LEAST_TRACES}")
    features = features_of(rows, options, options.features)
    different = len(np.unique(features, axis=0))
    if different <= options.clusters:
        raise StatisticError(
            f"the features ({options.features}) of {len(rows)} traces have only {different} different values; no "
            "clusters"
        )
    points, ratios = reduced(features, options.components)
    found = clustered(points, options.clusters, options.method, options.seed)
    median, low = stability(points, options, rng)
    p, null = null_p_value(points, found.silhouette, options, rng)
    others = _opinions(rows, points, found, options)
    levels = np.array([_level(row, options) for row in rows])
    gap = has_gap(levels, rng)
    sizes = np.bincount(found.labels, minlength=options.clusters)
    table = ResultTable(
        f"{options.clusters} {'clusters' if gap else 'slices'} by {options.method} of {options.features}",
        ("cluster", "traces", "share", "median level, log10 G"),
        [
            (f"{i + 1}", int(size), size / len(rows), float(np.nanmedian(levels[found.labels == i])))
            for i, size in enumerate(sizes)
        ],
    )
    checks = ResultTable(
        "checks",
        ("check", "value"),
        [
            ("silhouette", found.silhouette),
            ("silhouette of one Gaussian of the same covariance, median", null),
            ("p of the silhouette against it", probability(p)),
            ("stability (ARI of 80 % subsamples), median", median),
            ("stability, 10th percentile", low),
            *((f"ARI with {name}", value) for name, value in others.items()),
        ],
    )
    return StatisticResult(
        "Clusters of traces",
        len(rows),
        (),
        [table, checks],
        [_picture(rows, found, options, gap)],
        _remarks(gap, p, options),
        {
            "labels": found.labels,
            "numbers_of_traces": [row.number for row in rows],
            "inertia": found.inertia,
            "silhouette": found.silhouette,
            "p_null": p,
            "stability": [median, low],
            "explained_variance": ratios,
            "agreement": others,
            "gap": gap,
            "scikit_learn": _sklearn(),
        },
        options,
        made_of,
    )


def _opinions(
    rows: Sequence[ClusterRow], points: FloatArray, found: Clusters, options: ClusterOptions
) -> dict[str, float]:
    """Return the agreement with the other method and with the other features."""
    other = K_MEANS if options.method != K_MEANS else GMM
    opinions = {
        other: agreement(found.labels, clustered(points, options.clusters, other, options.seed).labels)
    }
    for kind in FEATURES:
        if kind == options.features:
            continue
        features = features_of(rows, options, kind)
        if features.std(axis=0).max() > 0:
            again = reduced(features, options.components)[0]
            labels = clustered(again, options.clusters, options.method, options.seed).labels
            opinions[f"features {kind}"] = agreement(found.labels, labels)
    return opinions


def _level(row: ClusterRow, options: ClusterOptions) -> float:
    """Return log10 G of the highest bin of the smoothed histogram of a trace; NaN without counts."""
    if not row.log.any():
        return float("nan")
    smooth = gaussian_mean(row.log.astype(float), options.smoothing_decades * options.per_decade / 2)
    return float(_axis(options).coordinates[int(np.argmax(smooth))])


def _picture(rows: Sequence[ClusterRow], found: Clusters, options: ClusterOptions, gap: bool) -> LinePicture:
    axis, log = _axis(options), np.array([row.log for row in rows])
    word = "cluster" if gap else "slice"
    curves = [
        Curve(
            f"{word} {i + 1} ({members.sum()} traces)", axis.edges, log[members].mean(axis=0), style="steps"
        )
        for i in range(options.clusters)
        if (members := found.labels == i).any()
    ]
    title = "histograms of the clusters" if gap else "histograms of the slices, may be a continuum"
    return LinePicture(
        title, PictureAxis("G", "G0", log=True), PictureAxis("counts per bin and trace"), curves
    )


def _remarks(gap: bool, p: float, options: ClusterOptions) -> list[str]:
    remarks = []
    if not gap:
        remarks.append(
            "These are slices, may be a continuum: the histogram of the traces' own levels has no gap (a valley below "
            "half of the lower peak in 95 % of resamples)."
        )
    if p > 0.05:
        remarks.append(
            f"One Gaussian cloud of the same covariance gives clusters as distinct as these (p {probability(p)})."
        )
    remarks.append(
        f"The number of clusters, {options.clusters}, was chosen, not found. A cluster that was chosen for its peak "
        "says nothing about the position of that peak."
    )
    return remarks


def _sklearn() -> str:
    """Return the version of scikit-learn. Raises ``StatisticError`` if it is not installed."""
    try:
        import sklearn
    except ImportError:
        raise StatisticError(
            "clusters need the package scikit-learn, which is not installed: "
            'python -m pip install "hotjunction[analysis]"'
        ) from None
    return str(sklearn.__version__)


STATISTIC = Statistic("Clusters of traces", ClusterOptions(), cluster_row, cluster_result)
