"""A session that is stopped and continued: what it keeps, what it does again, and in which folder."""

from datetime import UTC, date, datetime, timedelta

import pytest

from analysis.commissioning.judgement import Judgement, Matrix, Number, Verdict
from app.commission.registry import STEPS
from app.commission.run import continuation, stands
from app.commission.state import Done, State, usual_folder

DAY = timedelta(hours=24)
NOW = datetime.now(UTC)
JUST_NOW = NOW.isoformat(timespec="seconds")
PASS = Judgement(Verdict.PASS)


def state(*passed, when=JUST_NOW, **changed):
    steps = {number: Done(PASS, when) for number in passed}
    return State("rig", 1e4, JUST_NOW, steps, **changed)


def test_a_state_survives_its_file(tmp_path):
    matrix = Matrix("ghost", ("a", "b"), ("a", "b"), ((None, 1e-5), (2e-5, None)))
    judgement = Judgement(Verdict.WARN, (Number("gain", 1e5, "V/A", "2 %"),), ("Look.",), (matrix,))
    before = State("rig", 1e4, JUST_NOW, {5: Done(judgement, JUST_NOW, ("05.h5",))}, {"card": 7}, 6)

    before.save(tmp_path / "new" / "folder")

    assert State.load(tmp_path / "new" / "folder") == before


@pytest.mark.parametrize(
    ("when", "again"),
    [
        (NOW, ""),
        (NOW + timedelta(minutes=5), ""),
        (
            NOW + timedelta(hours=1),
            "its date lies in the future: this computer's clock is wrong, or was set back",
        ),
        (NOW - timedelta(hours=30), "it is 30 h old, and counts for 24 h"),
        (datetime(2001, 1, 1, tzinfo=UTC), "counts for 24 h"),
    ],
)
def test_a_step_lapses_with_its_time(when, again):
    found = state(13, when=when.isoformat()).lapsed(13, DAY, NOW)

    assert (again in found) and bool(found) == bool(again)


def test_a_restart_of_the_computer_lapses_a_step(monkeypatch):
    monkeypatch.setattr("app.commission.state.psutil.boot_time", lambda: NOW.timestamp() + 1)

    assert state(13).lapsed(13, DAY, NOW) == "this computer was started again since"
    assert state(13).lapsed(13, None, NOW) == ""


def test_the_watchdog_and_the_wiring_are_done_again_after_a_day_and_a_gain_is_not():
    old = state(2, 4, 13, when=(NOW - timedelta(hours=25)).isoformat())

    assert [number for number in (2, 4, 13) if stands(old, number)] == [4]
    assert continuation(old, [STEPS[n] for n in (2, 4, 13)]) == [
        "Step 4 has passed.",
        "Step 2 (Wiring) is done again: it is 25 h old, and counts for 24 h.",
        "Step 13 (Watchdog) is done again: it is 25 h old, and counts for 24 h.",
    ]


def test_an_interrupted_step_is_named():
    assert continuation(state(1, under_way=2), []) == [
        "Step 1 has passed.",
        "Step 2 (Wiring) was interrupted: it is done again from its beginning.",
    ]


def test_the_newest_session_that_fits_is_continued_else_a_new_one_begins(tmp_path):
    today = date(2026, 11, 30)
    for day in ("2026-11-28", "2026-11-29"):
        state(1).save(tmp_path / f"commission-{day}")
    (tmp_path / "commission-broken").mkdir()
    (tmp_path / "commission-broken" / "commission.json").write_text("{", "utf-8")

    assert usual_folder(tmp_path, lambda state: True, today).name in (
        "commission-2026-11-28",
        "commission-2026-11-29",
    )
    assert usual_folder(tmp_path, lambda state: False, today).name == "commission-2026-11-30"
