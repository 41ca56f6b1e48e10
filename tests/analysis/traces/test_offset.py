"""An offset of the open junctions: told, in the systematic error, and in the verdict."""

import numpy as np
import pytest

from analysis.disk_backed_list import DiskBackedList
from analysis.traces.histogram import Scale
from analysis.traces.options import AnalysisOptions
from analysis.traces.pipeline import analyse
from app.viewmodels.histogram_view import HistogramModel
from tests.support.physics.iv_junctions import opening_traces
from tests.support.physics.selecting import noise_floor

KIND = {"molecule_G0": 1.2e-2, "sigma_decades": 0.08, "probability": 0.8, "noise_G0": 1e-5, "step_m": 4e-12}


def analysed(offset_G0):
    traces = opening_traces(np.random.default_rng(4), 120, offset_G0=offset_G0, **KIND)
    return traces, analyse(traces, AnalysisOptions(resamples=60), np.random.default_rng(0))


def molecule(analysis):
    return min(
        (p for p in analysis.peaks if p.scale is Scale.LOG), key=lambda p: abs(p.conductance_G0 - 1.4e-2)
    )


def test_an_offset_that_is_a_fifth_of_a_peak_is_told_everywhere():
    traces, found = analysed(3e-3)
    peak = molecule(found)

    assert found.noise.offset_G0 == pytest.approx(3e-3, rel=0.02)
    assert not peak.trusted
    assert any("open junctions read 0.003 G0, which is not subtracted" in reason for reason in peak.reasons)
    assert peak.lowest_G0 <= peak.conductance_G0 - 2.9e-3
    assert "Open junctions read 0.003 G0 instead of zero" in found.remarks[0]
    assert found.to_json()["offset_of_open_G0"] == pytest.approx(3e-3, rel=0.02)

    shelf = DiskBackedList()
    view = HistogramModel(shelf, lambda usual: AnalysisOptions(resamples=60))
    for trace in traces:
        shelf.add(trace)
    view.work(thorough=True)
    assert view.snapshot().offset_G0 == pytest.approx(3e-3, rel=0.02)


def test_a_negative_offset_makes_conductances_too_low():
    _, found = analysed(-3e-3)
    assert found.noise.offset_G0 == pytest.approx(-3e-3, rel=0.02)
    assert "read -0.003 G0" in found.remarks[0]
    assert "too low by it, and no peak is sought below 0.0091 G0" in found.remarks[0]


def test_without_an_offset_nothing_is_said():
    _, found = analysed(0.0)
    assert found.remarks == ()
    assert not any("offset" in reason for peak in found.peaks for reason in peak.reasons)


def test_levels_that_scatter_about_zero_are_no_offset():
    rng = np.random.default_rng(6)
    traces = [
        trace
        for _ in range(60)
        for trace in opening_traces(rng, 1, offset_G0=1e-4 * rng.standard_normal(), **KIND)
    ]
    noise = noise_floor(traces)
    assert abs(noise.offset_G0) < 4 * noise.offset_error_G0
    assert noise.level_G0 == pytest.approx(0.67e-4, rel=0.5)
