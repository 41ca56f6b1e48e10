"""Decimation of lines to the resolution of the screen, keeping spikes."""

import numpy as np

from analysis.records import FloatArray


def decimated(
    x: FloatArray, y: FloatArray, low: float, high: float, columns: int
) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest value of each run of samples that falls into one column of pixels.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Line in the coordinates of the plot.
    low, high : float
        Visible range of x.
    columns : int
        Width of the plot in pixels.

    Returns
    -------
    tuple of ndarray
        The line itself if it has few points, else at most two points per column for ordered x.
        A column without a finite value gives a gap.
    """
    if x.size <= 4 * columns or not high > low:
        return x, y
    places = np.floor(np.clip((x - low) * (columns / (high - low)), -1.0, columns))
    column = np.nan_to_num(places, nan=-2.0).astype(
        np.intp
    )  # a gap, as what has no place on a logarithmic axis
    starts = np.concatenate([[0], np.flatnonzero(np.diff(column)) + 1])
    thin = np.empty((starts.size, 2))
    thin[:, 0] = np.fmin.reduceat(y, starts)
    thin[:, 1] = np.fmax.reduceat(y, starts)
    down = y[starts] > y[np.append(starts[1:], y.size) - 1]
    thin[down] = thin[down, ::-1]
    return np.repeat(x[starts], 2), thin.ravel()


def parted(log10_G: FloatArray, noise: float) -> tuple[FloatArray, FloatArray]:
    """Split a line of conductance into signal and noise.

    Parameters
    ----------
    log10_G : ndarray, shape (2 n,)
        Minimum and maximum of each column.
    noise : float
        log10 G/G0 of the noise limit; NaN if unknown.

    Returns
    -------
    (ndarray, ndarray), each of shape (2 n,)
        The line cut at ``noise``, and the maximum of the columns that lie below it, down to a tenth of the limit
        (zero and less have no place on a logarithmic axis). NaN elsewhere.
    """
    if not np.isfinite(noise):
        return log10_G, np.full(log10_G.size, np.nan)
    highest = np.repeat(log10_G.reshape(-1, 2).max(axis=1), 2)
    below = highest < noise
    return np.where(below, np.nan, np.maximum(log10_G, noise)), np.where(
        below & (highest > noise - 1.0), highest, np.nan
    )
