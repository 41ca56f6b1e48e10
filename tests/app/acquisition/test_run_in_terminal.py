"""A run that this computer can't go on with ends in sentences: why, whether the rig is safe, where the samples are."""

import errno
from types import SimpleNamespace

import pytest

from app.acquisition import run_in_terminal
from app.acquisition.run_in_terminal import run_shown
from app.config.toml import FileError

PROCEDURE = SimpleNamespace(name="iv", total_cycles=1, counts=lambda event: False)


@pytest.mark.parametrize(
    ("error", "unsafe", "said"),
    [
        (MemoryError(), "", "no memory is left. Close other programs, then start it again. The rig is safe."),
        (OSError(errno.EMFILE, "Too many open files"), "", "too many files are open. Close other programs"),
        (
            OSError(errno.EIO, "Input/output error"),
            "NOT SAFE: no card.",
            "Cure that, then start it again. NOT SAFE: no",
        ),
    ],
)
def test_what_runs_out_is_said_with_the_state_of_rig_and_recording(
    tmp_path, monkeypatch, error, unsafe, said
):
    def run(*words, **more):
        (tmp_path / "run.h5.log").write_bytes(b"")
        raise error

    monkeypatch.setattr(run_in_terminal, "check", lambda procedure, rig: None)
    monkeypatch.setattr(run_in_terminal, "announce", lambda procedure, rig, console: None)
    bench = SimpleNamespace(rig=None, run=run, stop=lambda: None, unsafe=unsafe)

    with pytest.raises(FileError) as told:
        run_shown(lambda: PROCEDURE, bench, tmp_path / "run.h5", "", "")

    assert str(told.value).startswith("This computer can't go on with the run: ")
    assert said in str(told.value)
    assert f"What was read is in {tmp_path / 'run.h5'} or its log." in str(told.value)
