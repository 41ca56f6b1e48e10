"""Statistics over traces and held junctions, and the comparison of sets of traces."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hotjunction.recordings import PathLike, existing

if TYPE_CHECKING:
    from analysis.statistics.result import StatisticResult
    from app.offline.two_sets import ComparedSets


def statistic(
    name: str, records: Iterable[Any], *, seed: int = 0, options: Mapping[str, Any] | None = None
) -> "StatisticResult":
    """Compute one statistic over records.

    Parameters
    ----------
    name : str
        Name as in ``hotjunction analyze --list-statistics``, such as "plateau", "yield" or "correlation".
    records : iterable of Trace, Hold or Sweep
        Records of the kind that the statistic is over; none is left out.
    seed : int
        Seed of the bootstrap.
    options : mapping, optional
        Options of the statistic that differ from the defaults, by name.

    Returns
    -------
    StatisticResult
        ``numbers`` (each an ``Estimate`` with error, interval, effective number and doubts), ``tables``,
        ``pictures`` and ``remarks``; ``to_json()`` for all of it.

    Raises
    ------
    ValueError
        For an unknown name or option, or if these records allow no result.

    Examples
    --------
    >>> traces = hj.open("night.h5").traces()                                    # doctest: +SKIP
    >>> result = hj.statistic("plateau", traces, options={"low_G0": 0.7})        # doctest: +SKIP
    >>> for number in result.numbers:                                            # doctest: +SKIP
    ...     print(number.name, number.estimate.text(number.scale), number.unit)
    """
    import numpy as np

    from analysis.statistics.registry import STATISTICS
    from app.offline.statistics import chosen_statistics

    chosen_statistics(name, {name: options or {}})
    chosen = STATISTICS[name]
    rng = np.random.default_rng(seed)
    return chosen.compute(records, rng, options=chosen.with_options(options or {}))


def compare(
    sets: Sequence[PathLike],
    *,
    range_G0: tuple[float, float] = (0.5, 1.5),
    peaks_G0: Sequence[tuple[float, float]] = (),
    gaussians: int = 1,
    log: bool = False,
    margin: float | None = None,
) -> "ComparedSets":
    """Compare sets of opening traces: different, equivalent, or cannot tell.

    Parameters
    ----------
    sets : sequence of path
        Two or more recordings, or folders of them; each is one set.
    range_G0 : tuple of float
        Range of conductance whose histograms are compared.
    peaks_G0 : sequence of tuple of float
        Window of each peak; by default 0.7 to 1.2 G0 for the default range, else the range.
    gaussians : 1 or 2
        Gaussians in each window; of two that overlap the one nearest to the maximum is compared.
    log : bool
        True for logarithmic bins: peaks of molecules, differences in decades.
    margin : float, optional
        Largest difference of the peaks that is equivalent; 0.02 G0, or 0.1 decades, if not given.

    Returns
    -------
    ComparedSets
        ``comparisons`` by pairs of indices, each with ``distance``, ``p`` (from permuted traces), ``p_corrected``,
        ``differences`` of the peaks and ``verdict``.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    RecordingError
        For a file that can't be used.
    ValueError
        For a set of fewer than 20 traces, or without samples in the range.

    Examples
    --------
    >>> compared = hj.compare(["before.h5", "after.h5"])                         # doctest: +SKIP
    >>> compared.comparisons[0, 1].verdict                                       # doctest: +SKIP
    'cannot tell'
    """
    from analysis.trace_statistics.two_sets import TwoSetsOptions
    from app.offline.two_sets import compare_recordings

    paths = existing(sets)
    windows = tuple(peaks_G0) or ((0.7, 1.2) if range_G0 == (0.5, 1.5) else range_G0,)
    margin = margin if margin is not None else 0.1 if log else 0.02
    chosen = TwoSetsOptions(range_G0, windows, log, gaussians, margin)
    return compare_recordings(paths, chosen)
