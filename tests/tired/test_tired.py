"""The smallest size of `python -m tests.tired`: a short night, and whether what is wrong would be seen."""

import logging
import sys

import numpy as np
import pytest

from tests.tired.invariants import listening
from tests.tired.night import Night, lived

ACTS = 40


@pytest.mark.usefixtures("unanalysed")
def test_a_short_night_leaves_no_traceback_and_a_safe_rig(tmp_path):
    folder = tmp_path / "night"  # its name is read in the window
    folder.mkdir()
    night = lived(folder, seed=12, acts=ACTS, night=Night())
    assert len(night.acts) == ACTS
    assert night.retracted and night.compared
    assert [fault for fault in night.faults if "cut:" not in fault] == []  # a busy machine lays out late


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="stops and limits another process")
@pytest.mark.usefixtures("unanalysed")
def test_the_world_and_the_windows_hold_when_the_bench_dies(tmp_path):
    folder = tmp_path / "night"
    folder.mkdir()
    night = lived(folder, seed=1, acts=ACTS, night=Night(), deaths=True)
    assert "the bench is killed and started again" in night.acts
    assert [fault for fault in night.faults if "cut:" not in fault] == []


def test_a_traceback_is_heard_and_an_error_of_a_run_is_none():
    with listening() as ear:
        logging.getLogger("app.server").error("Heating, job 1: impossible")
        try:
            np.zeros(1)[2]
        except IndexError:
            logging.getLogger("app.gui").exception("Internal error")
    (heard,) = ear.taken()
    assert "IndexError" in heard
    assert ear.taken() == []


def test_a_fault_is_noted_once_with_the_act_before_it():
    told = []
    night = Night(acts=["click “Run now”"], tell=told.append)
    night.note(["RETRACT is gone"])
    night.note(["RETRACT is gone"])
    assert night.faults == told == ["after act 1, click “Run now”: RETRACT is gone"]
