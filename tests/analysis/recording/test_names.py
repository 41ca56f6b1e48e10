"""Names that a file can't have are refused before a run, and not lost in a device of Windows."""

import pytest

from analysis.recording import RecordingError, RecordingWriter
from analysis.recording.names import why_no_name
from tests.support.physics.counted import HEADER


@pytest.mark.parametrize("name", ["nul.h5", "AUX", "con .tar.h5", "COM3.h5", "lpt9"])
def test_the_name_of_a_device_is_refused_everywhere(tmp_path, name):
    with pytest.raises(RecordingError, match="Windows keeps that name for a device; choose another name"):
        RecordingWriter(tmp_path / name, HEADER)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["at 10:30.h5", "what?.h5", "a|b.h5", "night.", "night "])
def test_what_windows_would_misunderstand_is_refused_there(name):
    assert why_no_name(name, windows=True)
    assert not why_no_name(name, windows=False)


@pytest.mark.parametrize(
    "name", ["2026-11-30-iv-001.h5", "BDNC 60 mV, äöü.h5", "console.h5", "com10.h5", "nul-1.h5"]
)
def test_usual_names_are_taken(name):
    assert not why_no_name(name, windows=True)
