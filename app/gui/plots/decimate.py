"""As many points as a line of pixels can show, and never less than its spikes."""

import numpy as np

from analysis.records import FloatArray


def decimated(
    x: FloatArray, y: FloatArray, low: float, high: float, columns: int
) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest value of each run of samples that falls into one column of pixels.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        A line, in the coordinates in which it is drawn.
    low, high : float
        Range of x that ``columns`` pixels show.
    columns : int

    Returns
    -------
    tuple of ndarray
        The line itself where it has few points; otherwise at most two points a column for ordered x.
        A column without a finite value gives a gap.
    """
    if x.size <= 4 * columns or not high > low:
        return x, y
    column = np.floor(np.clip((x - low) * (columns / (high - low)), -1.0, columns)).astype(np.intp)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(column)) + 1])
    thin = np.empty((starts.size, 2))
    thin[:, 0] = np.fmin.reduceat(y, starts)
    thin[:, 1] = np.fmax.reduceat(y, starts)
    down = y[starts] > y[np.append(starts[1:], y.size) - 1]
    thin[down] = thin[down, ::-1]
    return np.repeat(x[starts], 2), thin.ravel()


def parted(log10_G: FloatArray, noise: float) -> tuple[FloatArray, FloatArray]:
    """What is told from noise, and how high the noise reaches where all is noise.

    Parameters
    ----------
    log10_G : ndarray, shape (2 n,)
        Least and largest of each column.
    noise : float
        log10 G/G0 below which nothing is told from it; NaN where unknown.

    Returns
    -------
    (ndarray, ndarray), each of shape (2 n,)
        The line itself, cut at ``noise``; the largest of the columns that lie below, down to a tenth of it (zero
        and less have no place on a logarithmic axis). NaN elsewhere.
    """
    if not np.isfinite(noise):
        return log10_G, np.full(log10_G.size, np.nan)
    highest = np.repeat(log10_G.reshape(-1, 2).max(axis=1), 2)
    below = highest < noise
    return np.where(below, np.nan, np.maximum(log10_G, noise)), np.where(
        below & (highest > noise - 1.0), highest, np.nan
    )
