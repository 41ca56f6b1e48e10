"""A peak that moves while traces are taken is said to be no single number; chance alone says so almost never."""

import numpy as np
import pytest

from analysis.traces.halves import halves_remark
from analysis.traces.incremental import IncrementalSelection
from analysis.traces.options import AnalysisOptions
from analysis.traces.pipeline import analyse
from tests.support.physics.opening_traces import trace_of


def traces(rng, gains=(1.0,) * 160):
    """Contacts of 1 G0, each with a gain."""
    found = []
    for number, gain in enumerate(gains):
        level = 0.97 + 0.02 * rng.standard_normal()
        plateau = level + 0.01 * rng.standard_normal(20 + int(rng.exponential(40)))
        start, end = np.linspace(6.0, 1.6, 20), 1e-5 * rng.standard_normal(60)
        found.append(trace_of(gain * np.concatenate([start, plateau, end]), number))
    return found


OPTIONS = AnalysisOptions(resamples=20)


def counted(found):
    """Return both histograms of traces, as an analysis counts them before it looks for peaks."""
    growing = IncrementalSelection(tuple(found), lambda usual: OPTIONS)
    growing.look()
    growing.decide()
    growing.select()
    return growing.histograms(growing.kept)


@pytest.mark.parametrize(
    "gains",
    [np.repeat([1.0, moved], 80) for moved in (0.95, 0.97, 1.05)] + [np.linspace(1.0, 1.1, 160)],
    ids=["-5 %", "-3 %", "+5 %", "slowly by 10 %"],
)
def test_a_change_of_gain_is_said(gains):
    found = analyse(traces(np.random.default_rng(1), gains), OPTIONS, np.random.default_rng(0))
    (remark,) = found.remarks
    assert "The first and the second half of the traces differ at " in remark


def test_chance_is_not():
    rng = np.random.default_rng(2)
    peak = next(p for p in analyse(traces(rng), OPTIONS, rng).peaks if 0.9 < p.conductance_G0 < 1.1)
    assert peak.trusted
    said = 0
    for _ in range(60):
        said += bool(halves_remark(*counted(traces(rng)), [peak]))
    assert said == 0
