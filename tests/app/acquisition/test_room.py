"""A run is refused before anything moves if its recording has no place."""

import errno
from fractions import Fraction
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from analysis.spectra.demodulated import Points
from app.acquisition.room import check_room
from app.cli import main
from procedures.errors import ImpossibleSetting
from tests.support.gui.fake_bench import rig


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ImpossibleSetting, match=r"There is no folder .*nights: make it, or record elsewhere"):
        check_room(rig(), tmp_path / "nights", 10.0)


def test_a_folder_that_refuses_a_file_is_named(tmp_path, monkeypatch):
    """Tried with a file: Windows says of every folder that it may be written to. (Root may write everywhere.)"""

    def refused(dir):
        raise PermissionError(errno.EACCES, "Permission denied", str(dir))

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    with pytest.raises(
        ImpossibleSetting, match=r"can't be written to \(Permission denied\): record elsewhere"
    ):
        check_room(rig(), tmp_path, 10.0)


def test_a_bench_that_could_record_nothing_is_not_served(tmp_path):
    """Its runs of the night had failed one after the other."""
    done = CliRunner().invoke(main, ["serve", "--simulated", "--folder", str(tmp_path / "nights")])

    assert done.exit_code == 2
    assert "There is no folder" in done.output and "nights: make it, or record elsewhere." in done.output


def test_a_short_run_has_room(tmp_path):
    check_room(rig(), tmp_path, 1.0)


def test_a_run_that_would_fill_the_disk_is_refused_with_the_room_it_needs(tmp_path):
    with pytest.raises(ImpossibleSetting, match=r"needs .* for 24.0 h, .* are free"):
        check_room(
            rig().model_copy(update={"daq": rig().daq.model_copy(update={"rate_Hz": 1e12})}), tmp_path, 1e5
        )


def test_a_demodulated_recording_needs_a_fraction_of_the_room(tmp_path, monkeypatch):
    """An hour of four inputs at 50 kHz has 5.8 GB, or points 1.1 GB with the samples of every 50th trace."""
    card = rig().daq.model_copy(update={"rate_Hz": 50_000.0})
    fast = rig().model_copy(update={"daq": card})
    free = SimpleNamespace(free=3e9)
    monkeypatch.setattr("app.acquisition.room.shutil.disk_usage", lambda folder: free)
    with pytest.raises(ImpossibleSetting, match=r"needs 8\.6 GB"):
        check_room(fast, tmp_path, 3600.0)
    check_room(fast, tmp_path, 3600.0, Points(Fraction(3125), 16, 50_000.0))
