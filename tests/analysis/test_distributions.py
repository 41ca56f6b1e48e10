"""Tails and quantiles against ``scipy.stats``; and that a start of the program does not import it."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from analysis import distributions


@pytest.mark.parametrize("x", [-3.0, 0.0, 0.7, 2.0, 9.0])
def test_tails(x):
    assert distributions.normal_above(x) == pytest.approx(stats.norm.sf(x), rel=1e-14)
    for freedom in (1.0, 2.5, 40.0):
        assert distributions.student_above(x, freedom) == pytest.approx(stats.t.sf(x, freedom), rel=1e-14)


@pytest.mark.parametrize("chance", [1e-12, 0.025, 0.3, 0.9])
def test_quantiles(chance):
    assert distributions.normal_exceeded(chance) == pytest.approx(stats.norm.isf(chance), rel=1e-14)
    for shape in (0.9, 4.0, 300.0):
        assert distributions.student_exceeded(chance, shape) == pytest.approx(
            stats.t.isf(chance, shape), rel=1e-14
        )
        assert distributions.gamma_exceeded(chance, shape) == pytest.approx(
            stats.gamma.isf(chance, shape), rel=1e-14
        )
        assert distributions.gamma_median(shape) == pytest.approx(stats.gamma.median(shape), rel=1e-14)


def test_no_degree_of_freedom_has_no_tail():
    assert np.isnan(distributions.student_above(1.0, 0.0))


def test_skewness():
    values = np.random.default_rng(0).exponential(size=50)
    assert distributions.skewness(values) == pytest.approx(stats.skew(values), rel=1e-13)


def test_window_bench_and_simulated_rig_start_without_what_is_slow_to_import():
    code = (
        "import sys, app.gui.main, app.server.server\n"
        "assert 'scipy.optimize' not in sys.modules\n"
        "import simulators.simulated_rig\n"
        "print(*{'scipy.stats', 'scipy.signal', 'scipy.ndimage', 'matplotlib', 'pandas'} & {*sys.modules})\n"
        "from pymeasure.experiment import results\n"
        "import pandas\n"
        "assert results.pd.DataFrame is pandas.DataFrame"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
