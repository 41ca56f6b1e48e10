"""Smallest attacks: a kill and a stop in a modulation, which holds the outputs, and a link that is cut and comes back.

More of them: `python -m tests.attacks`.
"""

import sys
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest

from app.acquisition.bench import Observer
from tests.attacks.__main__ import load_port, table_of
from tests.attacks.deaths import Death, Outcome, attacked_rig, deaths, die
from tests.attacks.links import CUTS, cut, through
from tests.attacks.servers import kill_in_retract, retract_in_a_crowd
from tests.attacks.surroundings import SURROUNDINGS, Lived
from tests.support.instruments.cable import Cable
from tests.support.instruments.vxi11_client import locked_by_another
from tests.support.patience import PATIENCE_S
from tests.support.rig.rigs import quick, served_rig

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals"),
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

PATIENT_S = 5.0
"""Silence allowed to a bench on a machine that is busy with other tests; the promise is `tests.attacks`' to measure."""


def test_a_bench_that_is_killed_or_stopped_leaves_a_rig_that_stays_safe_and_is_held():
    rng = np.random.default_rng(1)
    with attacked_rig(PATIENT_S) as (rig, victims):
        outcomes = [
            die(rig, victims, death, rng)
            for death in (Death("SIGKILL", "alone", "modulate"), Death("SIGSTOP", "group", "modulate"))
        ]
        with Cable(int(load_port(rig.file))) as cable:
            through(rig, cable)
            after_link_s = cut(rig, victims, cable, CUTS[4])
    assert all(np.isfinite(one.safe_s) and one.stayed and one.latched for one in outcomes), outcomes
    assert after_link_s < PATIENCE_S


def test_a_served_bench_that_is_killed_in_a_retract_leaves_a_safe_rig_and_a_crowd_keeps_nobody_from_it(
    tmp_path,
):
    with served_rig(tmp_path, "wall", heartbeat_s=PATIENT_S) as rig:
        killed = kill_in_retract(rig, tmp_path / "killed", np.random.default_rng(1))
        answer, _, serves_on = retract_in_a_crowd(rig, tmp_path / "crowd", 1000)

    assert killed is not None
    assert np.isfinite(killed.safe_s) and killed.stayed and killed.latched, killed
    assert "bias 0 V, z 0 V" in answer
    assert serves_on


def test_an_amplifier_that_another_program_locks_in_mid_run_ends_it_safely_and_is_named(tmp_path):
    with served_rig(tmp_path) as rig, ExitStack() as stack:
        locked: list[bool] = []

        def on_event(event):
            if event.name == "trace" and not locked:
                locked.append(
                    stack.enter_context(locked_by_another(rig.simulated.addresses["current_amplifier"]))
                )

        observer = Observer(on_event=on_event)
        end = rig.wired_bench("an attack").run(quick(3), tmp_path / "run.h5", observer=observer).end

        assert locked == [True]
        assert (end.status, end.safe) == ("fault", True)
        assert "is held by another program, which has locked it" in end.reason
        assert rig.is_safe()


def test_the_attacks_cover_every_signal_in_every_phase_and_the_table_counts_them():
    every = deaths(1000, np.random.default_rng(1))
    assert len({one.phase for one in every}) == 6
    assert {(one.name, one.on) for one in every} >= {
        ("SIGSTOP", "alone"),
        ("SIGHUP", "group"),
        ("SIGKILL", "alone"),
    }
    outcomes = [Outcome(every[0], 0.1), Outcome(every[0], 0.7, stayed=False), Outcome(every[0], float("inf"))]
    last = [list(column.cells)[-1] for column in table_of(outcomes).columns]
    assert last == ["all", "3", "2", "1", "0.700", "inf", "1", "0"]


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({}, ""),
        ({"safe_s": float("inf")}, "not safe"),
        ({"code": ""}, "hangs"),
        ({"code": "", "waits": True}, ""),
        ({"surely_refused": True}, "not refused before anything moved"),
        ({"said": "Traceback (most recent call last)"}, "a traceback"),
    ],
)
def test_a_run_in_hostile_surroundings_must_end_safe_and_in_words(changed, wrong):
    lived = Lived("full pipe", "0", 0.1, 100, "finished", "finished, 1 hold", True, False, False)
    assert replace(lived, **changed).wrong == wrong
    assert len({one.name for one in SURROUNDINGS}) == len(SURROUNDINGS)
