import numpy as np
import pytest

import hotjunction as hj
from tests.support.physics.opening_traces import molecular_traces


def test_a_statistic_of_traces_with_options():
    traces = molecular_traces(30, np.random.default_rng(0))

    result = hj.statistic("plateau", iter(traces), options={"low_G0": 1e-4})

    assert result.n == 30 and result.options.low_G0 == 1e-4
    assert result.numbers[1].name == "median length, last" and result.numbers[1].estimate.se > 0
    assert hj.statistic("plateau", traces, options={"low_G0": 1e-4}).to_json() == result.to_json()


def test_wrong_names_and_few_sets_are_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no statistic 'plateaus'"):
        hj.statistic("plateaus", [])
    with pytest.raises(ValueError, match="no trace is left"):
        hj.statistic("plateau", [])
    with pytest.raises(FileNotFoundError):
        hj.compare([tmp_path / "a.h5", tmp_path / "b.h5"])
