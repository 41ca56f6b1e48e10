"""The page of a commissioning: driven with the mouse on a simulated rig, and what it shows of a report."""

import re

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from app.gui.bench_connection import BenchConnection
from app.gui.dialogs.close_dialog import Parting
from app.gui.panels.commissioning import CommissioningPage
from app.gui.windows.rig_window import RigWindow
from app.server.client import BenchClient
from tests.support.gui import fake_bench
from tests.support.gui.commissioning import MAINS, asking, ended, failed, report
from tests.support.gui.cut_texts import cut_texts
from tests.support.rig.benches import served_bench
from tests.support.rig.watchdogs import WatchdogWithoutProcess

RESISTOR = {"fixture.kind": "resistor", "fixture.resistance_ohm": 1e4}
STEPS = "1-2,8"


@pytest.fixture
def page(theme):
    made = CommissioningPage(theme)
    made.resize(700, 600)
    made.show()
    yield made
    made.close()


def test_on_a_fast_clock_the_time_left_is_that_of_the_rig(page):
    page.clock = fake_bench.rig_on_fast_clock().clock
    page.on_message(report(left_s=600.0))
    assert page.left.text() == "takes about 10 min of the rig's time"


def click(button):
    assert button.isVisible() and button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def states(page):
    return {row.number: row.state for row in page.shown.rows}


@pytest.mark.usefixtures("unanalysed")
def test_a_rig_is_commissioned_with_the_mouse_stopped_and_continued_and_its_fault_named(
    qtbot, theme, settings, tmp_path, monkeypatch
):
    for module in ("bench", "attended"):
        monkeypatch.setattr(f"app.acquisition.{module}.Watchdog", WatchdogWithoutProcess)
    opened = []
    monkeypatch.setattr("app.gui.panels.commissioning.QDesktopServices.openUrl", opened.append)
    with served_bench(tmp_path, overrides=RESISTOR, faults=["mains-frequency"]) as bench:
        window = RigWindow(theme, settings)
        window.ask_about_run = lambda: Parting.LEAVE
        window.show()
        window.attach(BenchConnection(BenchClient(bench.server.connection)), owned=False)
        page = window.commissioning
        window.commission()
        QTest.keyClicks(page.steps, STEPS)
        click(page.quick)
        qtbot.waitUntil(lambda: len(page.shown.rows) == 3)

        click(page.start)
        qtbot.waitUntil(page.question.isVisible)
        assert "10 kΩ connects the cable of the sample" in page.question.words.text()
        assert states(page) == {1: "passed", 2: "needs your hand", 8: "waiting"}
        click(page.stop)
        qtbot.waitUntil(lambda: page.shown.headline and not page.shown.running)
        assert bench.rig.is_safe()
        page.look()
        qtbot.waitUntil(lambda: "Step 2 (Wiring) was interrupted" in page.kept.text())
        assert page.start.text() == "&Continue"

        click(page.start)
        qtbot.waitUntil(page.question.isVisible)
        click(page.question.yes)
        qtbot.waitUntil(lambda: page.shown.headline == "Failed: step 8 (Mains)")
        qtbot.waitUntil(lambda: not window.queue.present)
        assert states(page) == {1: "passed", 2: "passed", 8: "failed"}
        assert re.search(
            r"(59\.9|60\.0)\d Hz, the rig file says 50 Hz: correct mains_Hz\.", page.details.text()
        )
        assert bench.rig.is_safe()
        job = window.queue.jobs[max(window.queue.jobs)]
        assert (job["status"], job["cycles"], job["safe"]) == ("finished", 2, True)

        click(page.report)
        assert opened[0].toLocalFile().endswith("report.html")
        click(page.back)
        assert window.pages.currentWidget() is window.area
        window.close()


def test_a_question_is_answered_once(page, qtbot):
    page.on_message(asking())

    with qtbot.waitSignal(page.answered) as answer:
        click(page.question.no)

    assert answer.args == [1, False]
    page.on_message(report({1: "pass", 2: "not done"}))
    assert page.question.isHidden()


def test_a_failed_step_stays_in_sight_while_another_runs(page):
    page.on_message(failed())

    assert states(page)[9] == "running, 40 %"
    assert MAINS in page.details.text()
    assert "Modulates the bias" in page.details.text()
    assert not page.start.isEnabled() and page.stop.isEnabled()
    assert not page.resistance.isEnabled()


def test_a_chosen_step_shows_its_numbers(page):
    page.on_message(ended())
    page.table.selectRow(3)

    assert "offset 0.31 mV" in page.details.text()
    assert "Mains" not in page.details.text()
    assert page.report.isEnabled()


def test_an_unusable_resistance_is_refused_in_words(page, qtbot):
    page.on_message(report())
    page.resistance.setText("ten")

    with qtbot.assertNotEmitted(page.start_asked):
        click(page.start)

    assert page.kept.text() == "“ten” is not a resistance in ohm."


@pytest.mark.parametrize("width", [380, 470, 660, 900])
@pytest.mark.parametrize("content", [report, asking, failed, ended])
def test_nothing_is_cut_on_a_page_of_any_width(page, content, width, qapp):
    page.resize(width, 700)
    page.on_message(content())
    qapp.processEvents()
    assert page.width() == width
    assert cut_texts(page) == []
    assert page.start.mapTo(page, page.start.rect().topRight()).x() < width


def test_details_stand_below_the_steps_on_a_narrow_page(page):
    page.on_message(report())
    for width, beside in ((470, False), (900, True)):
        page.resize(width, 700)
        assert (page.body.orientation() is Qt.Orientation.Horizontal) is beside
