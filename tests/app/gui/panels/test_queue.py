"""The queue as a table: order, progress, time left, and what can be done with which run."""

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from PyQt6.QtCore import QPointF, QRect, Qt
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QStyleOptionViewItem, QTableWidget

from app.gui.panels.job_table import all_left_s, left_of, share_of
from app.gui.panels.queue import QueuePanel
from app.gui.windows.rig_status import BLANK, running_status
from app.gui.windows.run_commands import RunCommands
from app.server.job_text import job_details, reason_of, title_of
from app.viewmodels.status_words import remark
from tests.support.gui.fake_bench import job, state
from tests.support.gui.windows import NOON_S


@pytest.fixture
def panel(theme):
    made = QueuePanel(theme)
    made.resize(320, 400)
    made.show()
    yield made
    made.close()


def shown(panel):
    return [
        [panel.table.item(row, column).text() for column in range(3)] for row in range(panel.table.rowCount())
    ]


def test_the_run_under_way_is_first_then_what_waits_then_what_is_over_the_latest_first(panel):
    panel.show_state(
        state(
            job(1, "finished", cycles=100),
            job(2, "fault", cycles=3, reason="The surface is lost."),
            job(3, "running", cycles=63, left_s=660.0),
            job(4, values={"amplitudes": [1.18, 1.27]}),
            job(5, procedure="break-junction", total=500, values={"traces": 500}),
        )
    )
    assert shown(panel) == [
        ["Heating  1.08 V", "63/100", "11 min"],
        ["Heating  1.18 1.27 V", "0/100", "waiting"],
        ["Break junction", "0/500", "waiting"],
        ["Heating  1.08 V", "3/100", "fault"],
        ["Heating  1.08 V", "100/100", "finished"],
    ]


@pytest.mark.parametrize(
    ("status", "changed", "words"),
    [
        ("running", {"left_s": 42.0}, "42 s"),
        ("running", {"left_s": None}, "…"),
        ("running", {"left_s": 7200.0}, "2.0 h"),
        ("paused", {}, "paused"),
        ("saving", {}, "saving …"),
        ("waiting", {}, "waiting"),
        ("aborted", {}, "aborted"),
        ("fault", {}, "fault"),
        ("fault", {"refused": True}, "refused"),
    ],
)
def test_time_left_in_words(status, changed, words):
    assert left_of(job(1, status, **changed)) == words


@pytest.mark.parametrize(
    ("procedure", "values", "title"),
    [
        ("heating", {"amplitudes": [0.74, 1.08], "holds": 5}, "Heating  0.74 1.08 V"),
        ("iv", {"peak": 1.35}, "I-V  1.35 V"),
        ("break-junction", {"traces": 500}, "Break junction"),
        ("control-out-of-contact", {"distance": 50.0}, "Control: out of contact  50 nm"),
    ],
)
def test_titles(procedure, values, title):
    assert title_of(job(1, procedure=procedure, values=values)).startswith(title)


def test_a_run_speaks_labels_and_units():
    reason = (
        "contact_threshold = 5 G0 can never be reached: at 100 mV and 1e+07 V/A the current amplifier rails."
    )
    values = {"contact_threshold": 5.0, "traces": 500, "withdraw_speed": 0.5, "railed_is_contact": False}
    one = job(1, "fault", procedure="break-junction", values=values, reason=reason)
    said = "“Contact above” = 5 G₀ can never be reached: at 100 mV and 10 MV/A the current amplifier rails."
    assert reason_of(one) == said
    assert job_details(one).splitlines() == [
        "Break junction: fault", said, "Au-BDNC-Au", "Withdrawal speed: 0.5 nm/s", "/data/1.h5",
    ]  # fmt: skip


def test_an_older_snapshot_changes_nothing(panel):
    panel.show_state({**state(job(1, "running", version=5), job(2, version=5)), "version": 5})
    panel.show_state({**state(job(1, "paused", version=4), held="paused by the user"), "version": 4})
    panel.show_job(job(1, "paused", version=3))
    assert shown(panel)[0] == ["Heating  1.08 V", "0/100", "…"]
    assert (panel.held, panel.pause.text(), len(panel.jobs)) == ("", "Pause", 2)


@pytest.mark.parametrize(
    ("cycles", "total", "share"), [(0, 100, 0.0), (50, 100, 0.5), (120, 100, 1.0), (0, 0, 0.0)]
)
def test_shares(cycles, total, share):
    assert share_of(job(1, cycles=cycles, total=total)) == share


ALLOWED = [
    ((), "", None, set()),
    ((job(1, "running"),), "", 0, {"pause", "abort"}),
    ((job(1, "paused"),), "paused by the user", 0, {"pause", "abort"}),
    ((job(1, "saving"),), "", 0, {"pause"}),
    ((job(1, "running"), job(2)), "", 1, {"pause", "abort", "remove"}),
    ((job(1, "running"), job(2), job(3), job(4)), "", 2, {"pause", "abort", "remove", "up", "down"}),
    ((job(1, "running"), job(2), job(3)), "", 1, {"pause", "abort", "remove", "down"}),
    ((job(1, "running"), job(2), job(3)), "", 2, {"pause", "abort", "remove", "up"}),
    ((job(1, "finished"),), "", 0, set()),
    ((job(1),), "retracted by the user", 0, {"pause", "remove"}),
]


@pytest.mark.parametrize(("jobs", "held", "chosen", "allowed"), ALLOWED)
def test_what_can_be_done_and_why_not(panel, jobs, held, chosen, allowed):
    panel.show_state(state(*jobs, held=held))
    if chosen is not None:
        panel.table.selectRow(chosen)
    buttons = {name: getattr(panel, name) for name in ("pause", "abort", "remove", "up", "down")}
    assert {name for name, button in buttons.items() if button.isEnabled()} == allowed
    assert all(button.toolTip() for button in buttons.values())


def test_a_held_queue_says_why_and_can_go_on(panel, qtbot):
    panel.show_state(state(job(1), held="retracted by the user"))
    assert panel.hint.text() == "Retracted by the user. Press Resume to continue."
    panel.show_state({**state(job(1), held="the rig may not be safe"), "unsafe": "It could not confirm it."})
    assert panel.hint.text() == "The rig may not be safe."
    panel.show_state(state(job(1), held="retracted by the user"))
    assert panel.pause.text() == "Resume"
    with qtbot.waitSignal(panel.resume_asked):
        panel.pause.click()


@pytest.mark.parametrize(
    ("row", "button", "signal", "arguments"),
    [
        (0, "pause", "pause_asked", []),
        (0, "abort", "abort_asked", [1]),
        (2, "remove", "remove_asked", [3]),
        (2, "up", "move_asked", [3, 0]),
        (1, "down", "move_asked", [2, 1]),
    ],
)
def test_buttons_ask(panel, qtbot, row, button, signal, arguments):
    panel.show_state(state(job(1, "running"), job(2), job(3)))
    panel.table.selectRow(row)
    with qtbot.waitSignal(getattr(panel, signal)) as asked:
        getattr(panel, button).click()
    assert asked.args == arguments


def test_the_selection_stays_with_its_run(panel):
    panel.show_state(state(job(1, "running"), job(2), job(3)))
    panel.table.selectRow(2)
    panel.show_state(state(job(1, "finished"), job(3), job(2)))
    assert panel.chosen["id"] == 3


def test_a_run_that_another_window_removed_is_not_mistaken_for_the_first(panel):
    """Delete, pressed at that moment, was meant for it."""
    panel.show_state(state(job(1), job(2), job(3), held="paused by the user"))
    assert panel.chosen["id"] == 1
    panel.table.selectRow(2)
    asked = []
    panel.remove_asked.connect(asked.append)
    panel.show_state(state(job(1), job(2), held="paused by the user"))
    assert panel.chosen is None and not panel.remove.isEnabled()
    panel.remove.click()
    panel._remove()
    panel.show_state(state(job(2), job(1), held="paused by the user"))
    assert panel.chosen is None and asked == []


@pytest.mark.parametrize("anew", [False, True])
def test_a_condition_never_holds_the_run_of_another_bench(panel, monkeypatch, anew):
    """The bench dies and is started anew while the dialog is open: its job 2 is another one."""
    asked, told = [], []

    def ask_condition(*_):
        if anew:
            panel.forget()
            panel.show_state(state(job(1), job(2, procedure="iv")))
        return "time 20"

    monkeypatch.setattr("app.gui.windows.run_commands.ask_condition", ask_condition)
    commands = RunCommands(
        panel,
        lambda name, **arguments: asked.append((name, arguments)),
        lambda level, text: told.append(text),
        Mock(),
        panel,
        Mock(),
        list,
    )
    panel.show_state(state(job(1, "running"), job(2)))
    panel.table.selectRow(1)
    panel.until.click()
    assert commands and asked == ([] if anew else [("queue_until", {"job": 2, "until": "time 20"})])
    assert told == (["Heating  1.08 V is not held: the bench was started anew meanwhile."] if anew else [])


@pytest.mark.parametrize(("share", "begin"), [(2.0, "Heating"), (0.85, "H"), (0.7, "")])
def test_a_narrow_row_shortens_the_procedure_and_keeps_the_number(panel, share, begin):
    panel.show_state(state(job(1, "running")))
    index = panel.table.model().index(0, 0)
    option = QStyleOptionViewItem()
    width = QFontMetrics(panel.table.item(0, 0).font()).horizontalAdvance("Heating  1.08 V")
    option.rect = QRect(0, 0, round(share * width), 20)
    panel.table.itemDelegate().initStyleOption(option, index)
    assert option.text.startswith(begin) and option.text.endswith("  1.08 V")
    assert option.fontMetrics.horizontalAdvance(option.text) <= option.rect.width()


def test_a_job_that_goes_on_changes_its_row_alone(panel):
    panel.show_state(state(job(1, "running"), job(2)))
    panel.show_job(job(1, "running", cycles=7, left_s=100.0))
    assert shown(panel)[0] == ["Heating  1.08 V", "7/100", "2 min"]
    panel.show_job(job(3))
    assert panel.table.rowCount() == 3


def test_a_run_that_is_over_is_opened_by_a_double_click(panel, qtbot):
    panel.show_state(state(job(1, "finished")))
    with qtbot.waitSignal(panel.open_asked) as asked:
        panel.table.itemDoubleClicked.emit(panel.table.item(0, 0))
    assert asked.args == ["/data/1.h5"]


def test_everything_known_of_a_run_is_in_its_tool_tip(panel):
    panel.show_state(state(job(1, "fault", reason="The surface is lost.", notes="tip 14")))
    tip = panel.table.item(0, 0).toolTip()
    assert all(
        words in tip for words in ("The surface is lost.", "tip 14", "Amplitudes: 1.08 V", "/data/1.h5")
    )


def test_an_empty_queue_says_what_will_be_there(panel):
    panel.show_state(state())
    assert "appear here" in panel.hint.text()


def test_a_queued_run_shows_its_time_and_the_list_when_all_is_done(panel):
    panel.show_state(
        state(
            job(1, "running", cycles=50, left_s=600.0),
            job(2, procedure="break-junction", takes_s=2880.0),
        )
    )
    assert [row[2] for row in shown(panel)] == ["10 min", "48 min"]
    assert panel.all_done.isVisible() and panel.all_done.text().startswith("All done at about ")

    later = state(job(1, "running", cycles=50, left_s=600.0, version=2), job(2, version=2))
    panel.show_state({**later, "version": 2})
    assert not panel.all_done.isVisible()  # nothing is known of the second run


def test_no_button_moves_when_the_time_of_the_end_is_known(panel, qapp):
    panel.show_state(state(job(1, "running")))
    qapp.processEvents()
    before = panel.pause.y(), panel.pause.parentWidget().y()
    panel.show_state(state(job(1, "running", left_s=600.0)))
    qapp.processEvents()
    assert panel.all_done.isVisible()
    assert (panel.pause.y(), panel.pause.parentWidget().y()) == before


def test_the_time_of_the_end_is_that_of_all_runs():
    running, waiting = [job(1, "running", left_s=100.0)], [job(2, takes_s=20.0), job(3, takes_s=3.0)]

    assert all_left_s(running, waiting) == 123.0
    assert all_left_s(running, [job(2)]) == 0.0 and all_left_s([], []) == 0.0


def test_a_run_can_be_queued_again_or_shown_in_the_form(panel, qtbot):
    panel.show_state(state(job(1, "finished"), job(2, procedure="commission")))
    panel.table.selectRow(1)
    with qtbot.waitSignal(panel.again_asked) as again:
        panel.again.click()
    with qtbot.waitSignal(panel.form_asked) as form:
        panel.to_form.click()
    assert again.args[0]["id"] == form.args[0]["id"] == 1

    panel.table.selectRow(0)
    assert not panel.again.isEnabled() and not panel.to_form.isEnabled()


@pytest.mark.parametrize(
    ("dragged", "target", "moved"),
    [(2, 3, (2, 2)), (4, 0, (4, 0)), (3, 5, (3, 2)), (2, 1, None), (1, 2, None), (5, 1, None)],
)
def test_a_dragged_run_goes_where_it_is_dropped_within_the_queue(panel, dragged, target, moved):
    panel.show_state(state(job(1, "running"), job(2), job(3), job(4), job(5, "finished")))
    heard = []
    panel.move_asked.connect(lambda number, place: heard.append((number, place)))

    panel.table.dropped.emit(dragged, target)

    assert heard == ([] if moved is None else [moved])


@pytest.mark.parametrize(
    ("meanwhile", "moved"),
    [
        ((job(1, "running"), job(2), job(3), job(4)), [(3, 0)]),
        ((job(1, "finished"), job(2, "running"), job(3), job(4)), []),
        ((job(1, "finished"), job(3, "running"), job(2), job(4)), []),
        ((job(1, "running"), job(4), job(2), job(3)), [(3, 0)]),
        ((job(1, "finished"), job(2), job(4)), []),
        ((job(4),), []),
    ],
    ids=["nothing", "another begins", "it begins", "moved by another window", "removed by another", "alone"],
)
def test_a_drop_moves_the_run_that_was_dragged_whatever_the_queue_became(
    panel, monkeypatch, meanwhile, moved
):
    """The table selects another row when the dragged one has gone; that one had been moved."""
    panel.show_state(state(job(1, "running"), job(2), job(3), job(4)))
    heard = []
    panel.move_asked.connect(lambda number, place: heard.append((number, place)))
    table = panel.table
    table.selectRow(2)

    def drag(*_):
        panel.show_state(state(*meanwhile))
        second = table.visualItemRect(table.item(min(1, table.rowCount() - 1), 0)).center()
        table.dropEvent(
            SimpleNamespace(
                source=lambda: table,
                position=lambda: QPointF(second),
                setDropAction=lambda action: None,
                accept=lambda: None,
            )
        )

    monkeypatch.setattr(QTableWidget, "startDrag", drag)
    table.startDrag(Qt.DropAction.MoveAction)
    assert heard == moved


def test_a_queued_run_that_the_rig_no_longer_allows_says_so(panel):
    panel.show_state(state(job(1, reason="The amplifier rails below 5 G0.")))

    assert panel.table.item(0, 0).foreground().color().name() == panel.theme.palette.warning.lower()
    assert panel.hint.text() == "The amplifier rails below 5 G₀."


def test_a_run_on_a_held_queue_can_be_paused_and_the_hint_says_that_the_others_stay(panel, qtbot):
    held = "retracted by the user"
    panel.show_state({**state(job(1, "running"), job(2), held=held), "pausing": False})
    assert panel.pause.text() == "Pause"
    assert panel.hint.text() == "Retracted by the user: queued runs stay until Run > Release the queue."
    with qtbot.waitSignal(panel.pause_asked):
        panel.toggle_pause()
    panel.show_state({**state(job(1, "running"), job(2), held=held), "pausing": True})
    assert panel.pause.text() == "Resume"


def test_a_run_that_waits_for_a_condition_says_so_and_is_released(panel, qtbot):
    held = job(
        2, until="input pressure < 1e-09", awaits="pressure is 3e-08", awaits_since_s=NOON_S, takes_s=60.0
    )
    panel.show_state(state(job(1, "running", left_s=60.0), held))
    assert shown(panel)[1][2] == "on hold"
    panel.table.selectRow(1)
    assert panel.hint.text().startswith("pressure is 3e-08 (since ")
    assert panel.all_done.text() == "2 min of runs to go."
    with qtbot.waitSignal(panel.release_asked) as asked:
        panel.until.click()
    assert asked.args == [2]
    panel.show_state(state(job(1, "running", left_s=60.0), job(2)))
    panel.table.selectRow(1)
    with qtbot.waitSignal(panel.hold_asked) as asked:
        panel.until.click()
    assert asked.args[0]["id"] == 2


def test_a_step_is_skipped_of_a_run_in_progress_only(panel, qtbot):
    panel.show_state(state(job(1), held="paused by the user"))
    assert not panel.skip.isEnabled()
    panel.show_state(state(job(1, "running")))
    with qtbot.waitSignal(panel.skip_asked) as asked:
        panel.skip.click()
    assert asked.args == [1]


BUTTONS = ("pause", "abort", "skip", "remove", "up", "down", "again", "until")


def test_of_a_lost_bench_nothing_is_promised_and_nothing_can_be_asked(panel):
    panel.show_state(
        state(
            job(1, "running", cycles=63, left_s=660.0),
            job(2, takes_s=60.0),
            job(3),
            job(4, "finished", cycles=100),
        )
    )
    panel.table.selectRow(1)
    heard = []
    for name in ("pause", "abort", "skip", "remove", "move", "again", "hold"):
        getattr(panel, f"{name}_asked").connect(lambda *_, name=name: heard.append(name))
    panel.lose("no answer")
    assert [row[2] for row in shown(panel)] == ["–", "–", "–", "finished"]
    assert not panel.all_done.isVisible()
    assert panel.hint.text() == "The state of the runs is not known."
    assert {getattr(panel, name).toolTip() for name in BUTTONS} == {"no answer"}
    assert not any(getattr(panel, name).isEnabled() for name in BUTTONS)
    panel.abort_present()
    panel.skip_step()
    panel._remove()
    panel.table.dropped.emit(2, 2)
    assert heard == []
    assert panel.to_form.isEnabled()

    panel.lose("")
    assert [row[2] for row in shown(panel)] == ["11 min", "60 s", "waiting", "finished"]
    assert panel.pause.isEnabled() and panel.abort.isEnabled() and panel.skip.isEnabled()


def test_what_a_lost_bench_says_late_promises_nothing(panel):
    panel.show_state(state(job(1, "running", left_s=660.0)))
    panel.lose("no answer")
    panel.show_job(job(1, "running", left_s=650.0))
    assert shown(panel)[0][2] == "–"
    assert not panel.all_done.isVisible() and not panel.pause.isEnabled()


@pytest.mark.parametrize(("left_s", "words"), [(42.0, "42 s"), (660.0, "11 min"), (7200.0, "2.0 h")])
def test_queue_and_status_line_say_the_same_time_left(left_s, words):
    running = job(1, "running", left_s=left_s)
    status = running_status(BLANK, running, None, 2000.0, 0.0)
    assert left_of(running) == words
    assert remark(replace(status, ended="")) == f"{words} left"
