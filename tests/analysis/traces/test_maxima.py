"""Maxima, their bases and widths are those of scipy.signal, flat stretches and equal heights included."""

import numpy as np
import pytest
from scipy.signal import find_peaks, peak_widths

from analysis.traces.maxima import maxima


def curves():
    rng = np.random.default_rng(1)
    yield "rough", rng.normal(size=400).cumsum()
    yield "flat stretches", rng.integers(0, 4, size=400).astype(float)
    yield "nothing but a slope", np.linspace(0.0, 1.0, 50)
    yield "constant", np.zeros(30)
    yield "rises at the end", np.concatenate([np.zeros(20), [1.0], np.zeros(20), [2.0]])
    yield "empty", np.empty(0)


@pytest.mark.parametrize(("name", "curve"), list(curves()), ids=[name for name, _ in curves()])
@pytest.mark.parametrize("reach", [2, 7, 1000])
def test_maxima_are_those_of_scipy(name, curve, reach):
    wlen = 2 * reach + 1
    places, about = find_peaks(curve, plateau_size=(None, reach), prominence=0.0, wlen=wlen)
    bases = about["prominences"], about["left_bases"], about["right_bases"]
    found = maxima(curve, reach)
    assert [x.place for x in found] == list(places)
    assert [(x.left, x.right) for x in found] == list(zip(bases[1], bases[2], strict=True))
    assert [x.width for x in found] == pytest.approx(peak_widths(curve, places, 0.5, bases)[0], rel=1e-12)
