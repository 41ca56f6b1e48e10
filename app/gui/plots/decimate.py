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
