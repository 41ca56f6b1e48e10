"""A run ends with the analysis of its recording, which a bench imports only then."""

import sys

import app.acquisition
from analysis.recording import Recording
from tests.support.rig.rigs import quick, served_rig


def test_an_analysis_that_cannot_be_loaded_costs_no_recording(tmp_path, monkeypatch, caplog):
    """As after an update of the program during the run."""
    monkeypatch.delattr(app.acquisition, "summary", raising=False)
    monkeypatch.setitem(sys.modules, "app.acquisition.summary", None)

    with served_rig(tmp_path) as rig:
        summary = rig.bench().run(quick(1), tmp_path / "run.h5")

    assert (summary.end.status, summary.measurement) == ("finished", None)
    assert "the analysis could not be loaded; the recording is whole" in caplog.text
    with Recording(tmp_path / "run.h5") as recording:
        assert (recording.status, len(recording.traces)) == ("finished", 1)
