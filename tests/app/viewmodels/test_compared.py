"""Results of recordings that are compared: against the numbers of their analysis, and against the known truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.heating.junction_model import BAD_MISFIT
from analysis.recording import RecordingError
from analysis.transport.landauer import linear_response
from app.offline.analyse import analyse_measurement
from app.viewmodels.compared import (
    ComparedKind,
    ComparedRecording,
    compare_recording,
    compared_measurement,
    lacking,
    most_had,
)
from tests.support.recordings.made_recordings import LEVEL, made_heating, made_iv
from tests.support.recordings.streams import made_traces

SOMETHING = object()


def of_kinds(*kinds: ComparedKind, name: str = "a.h5") -> ComparedRecording:
    fields = {ComparedKind.HISTOGRAM: "histogram", ComparedKind.IV: "iv", ComparedKind.HEAT: "heat"}
    return ComparedRecording(Path(name), **{fields[kind]: SOMETHING for kind in kinds})  # type: ignore[arg-type]


def test_curves_of_junctions(tmp_path: Path) -> None:
    path = made_iv(tmp_path / "c.h5", np.random.default_rng(1), curves=20)
    found = compare_recording(path)
    assert found.kinds == (ComparedKind.IV,)
    assert (found.label, found.remarks) == ("Au-BDNC-Au, c.h5", ())
    iv = found.iv
    assert iv is not None
    assert (iv.junctions, iv.curves, iv.trusted) == (20, 20, True)
    true_G0 = float(linear_response(LEVEL, 300.0).conductance_G0)
    assert 0.0 < iv.error_G0 < 0.05 * true_G0  # a scatter of a tenth, of twenty junctions
    assert abs(iv.conductance_G0 - true_G0) < 3.0 * iv.error_G0
    end = iv.voltage_V.size - 1
    spread = (iv.high_nA - iv.low_nA)[end] / 2.0 / iv.current_nA[end]
    assert 0.05 < spread < 0.2
    assert np.allclose((iv.high_nA + iv.low_nA) / 2.0, iv.current_nA)


def test_a_single_junction_has_neither_band_nor_error(tmp_path: Path) -> None:
    iv = compare_recording(made_iv(tmp_path / "c.h5", np.random.default_rng(2), curves=1)).iv
    assert iv is not None
    assert iv.junctions == 1
    assert np.isnan(iv.low_nA).all()
    assert np.isfinite(iv.conductance_G0)
    assert np.isnan(iv.error_G0)


def test_a_fit_that_does_not_describe_its_curve_is_said(tmp_path: Path) -> None:
    path = made_iv(tmp_path / "c.h5", np.random.default_rng(3), curves=4)
    measurement = analyse_measurement([path])
    assert measurement.transmission is not None
    bad = replace(measurement.transmission, misfit=2.0 * BAD_MISFIT)
    found = compared_measurement(path, replace(measurement, transmission=bad))
    assert found.iv is not None
    assert not found.iv.trusted
    assert [remark.startswith("c.h5: A single level does not fit") for remark in found.remarks] == [True]


def test_opening_traces(tmp_path: Path) -> None:
    found = compare_recording(made_traces(14, 1).write(tmp_path / "t.h5"))
    assert found.kinds == (ComparedKind.HISTOGRAM,)
    histogram = found.histogram
    assert histogram is not None
    assert histogram.traces == 13  # one does not break
    assert histogram.counts.shape == histogram.conductance_G0.shape
    assert 0.0 < histogram.noise_G0 < 1e-3
    assert found.label == "t.h5"


def test_heat_and_controls(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    heating = compare_recording(made_heating(tmp_path / "h.h5", rng, holds=4))
    control = compare_recording(
        made_heating(
            tmp_path / "o.h5", rng, holds=3, transmission=None, procedure="control out of contact",
            control="out of contact",
        )
    )  # fmt: skip
    for found in (heating, control):
        assert found.kinds == (ComparedKind.HEAT,)
        assert found.heat is not None
        assert found.heat.points.amplitude_V.tolist() == [0.9, 1.2]
        assert not any("histogram" in remark for remark in found.remarks)
    assert control.label == "Au-BDNC-Au, control out of contact, o.h5"
    assert heating.heat is not None
    assert heating.heat.scale_relative == pytest.approx(np.hypot(500 / 72_800, 0.2 / 16.3))


def test_curves_of_which_none_counts_are_nothing_and_said(tmp_path: Path) -> None:
    path = made_iv(tmp_path / "c.h5", np.random.default_rng(5), curves=2)
    measurement = analyse_measurement([path])
    nothing = replace(
        measurement, iv=None, transmission=None, warnings=("I-V: no curve to average: 2 broke.",)
    )
    found = compared_measurement(path, nothing)
    assert found.kinds == ()
    assert found.remarks == ("c.h5: I-V: no curve to average: 2 broke.",)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        compare_recording(tmp_path / "gone.h5")


@pytest.mark.parametrize(
    ("recordings", "most"),
    [
        ([], None),
        ([of_kinds()], None),
        ([of_kinds(ComparedKind.HEAT)], ComparedKind.HEAT),
        ([of_kinds(ComparedKind.HEAT), of_kinds(ComparedKind.IV)], ComparedKind.IV),
        (
            [of_kinds(ComparedKind.HISTOGRAM), of_kinds(ComparedKind.IV), of_kinds(ComparedKind.IV)],
            ComparedKind.IV,
        ),
        (
            [of_kinds(ComparedKind.HISTOGRAM, ComparedKind.HEAT), of_kinds(ComparedKind.HEAT)],
            ComparedKind.HEAT,
        ),
    ],
)
def test_what_most_have(recordings: list[ComparedRecording], most: ComparedKind | None) -> None:
    assert most_had(recordings) is most


def test_those_that_lack_something_are_named() -> None:
    recordings = [of_kinds(ComparedKind.IV), of_kinds(ComparedKind.HEAT, name="b.h5"), of_kinds(name="c.h5")]
    assert lacking(recordings, ComparedKind.IV) == "No I-V curves in b.h5, c.h5."
    assert lacking(recordings[:1], ComparedKind.IV) == ""
