"""Whole stories of a window on a simulated rig."""

import pytest

from analysis.recording import Recording
from analysis.traces.options import AnalysisOptions
from app.server.client import BenchClient
from app.viewmodels.options import SessionOptions
from simulators.rig.faults import InstrumentSilent
from tests.support.gui.rig_window import sentences
from tests.support.rig.benches import served_bench
from tests.support.rig.rigs import QUICK
from tests.support.rig.unhurried import UnhurriedClock


@pytest.fixture
def bench(tmp_path, unanalysed):
    with served_bench(tmp_path, UnhurriedClock()) as made:
        yield made


def attached(open_window, bench, qtbot):
    window = open_window(BenchClient(bench.server.connection))
    qtbot.waitUntil(lambda: window.procedures.rig is not None and bool(window.state))
    window.source.options = SessionOptions(
        histogram=AnalysisOptions(resamples=5)
    )  # peaks are tested elsewhere
    window.procedures.preset.setCurrentIndex(0)
    window.procedures.form.set({**QUICK, "traces": 2})
    return window


def status_of(window, number):
    return window.queue.jobs.get(number, {}).get("status", "")


def test_two_runs_are_queued_and_one_is_aborted(open_window, bench, qtbot):
    window = attached(open_window, bench, qtbot)
    window.procedures.form.set({"traces": 5000})
    window.procedures.queue()
    window.procedures.form.set({"traces": 2})
    window.procedures.queue()
    qtbot.waitUntil(lambda: status_of(window, 1) == "running" and status_of(window, 2) == "waiting")
    qtbot.waitUntil(lambda: window.queue.jobs[1]["cycles"] >= 1)
    window.queue.table.selectRow(0)
    window.queue.abort.click()
    qtbot.waitUntil(lambda: status_of(window, 2) == "finished")
    assert status_of(window, 1) == "aborted"
    assert bench.rig.is_safe()
    with Recording(window.queue.jobs[2]["out"]) as recording:
        assert recording.status == "finished"
        qtbot.waitUntil(
            lambda: (
                window.session is not None
                and window.session.status.snapshot().recorded_samples == recording.n_samples
            )
        )
    qtbot.waitUntil(lambda: bool(window.session.status.snapshot().ended))  # its last event comes last
    window.paint()
    assert window.session.status.snapshot().cycles == 2
    assert window.area.front == "Histogram"


def test_retract_during_a_ramp(open_window, bench, qtbot):
    window = attached(open_window, bench, qtbot)
    window.procedures.form.set({"traces": 5000})
    window.procedures.run()
    qtbot.waitUntil(lambda: window.queue.jobs.get(1, {}).get("cycles", 0) >= 1)
    window.rig_line.button.click()
    qtbot.waitUntil(lambda: status_of(window, 1) == "aborted")
    qtbot.waitUntil(lambda: any("Retracted after" in text for text in sentences(window)))
    assert bench.rig.is_safe()
    qtbot.waitUntil(lambda: window.queue.held == "retracted by the user")


def test_a_window_that_comes_later_shows_the_run_from_its_start(open_window, bench, qtbot):
    first = attached(open_window, bench, qtbot)
    first.procedures.form.set({"traces": 5})
    first.procedures.run()
    qtbot.waitUntil(lambda: first.queue.jobs.get(1, {}).get("cycles", 0) >= 1)
    first.close()
    second = attached(open_window, bench, qtbot)
    qtbot.waitUntil(lambda: status_of(second, 1) == "finished")
    with Recording(second.queue.jobs[1]["out"]) as recording:
        samples = recording.n_samples
    qtbot.waitUntil(lambda: second.session.status.snapshot().recorded_samples == samples)
    qtbot.waitUntil(lambda: bool(second.session.status.snapshot().ended))
    assert second.session.status.snapshot().cycles == 5
    second.session.settle()
    shown = second.session.histogram.snapshot()
    assert shown.kept + shown.rejected == 5


def test_a_lost_instrument_is_a_sentence_and_holds_the_queue(open_window, bench, qtbot):
    window = attached(open_window, bench, qtbot)
    window.procedures.form.set({"traces": 5000})
    window.procedures.run()
    qtbot.waitUntil(lambda: window.queue.jobs.get(1, {}).get("cycles", 0) >= 1)
    bench.rig.simulated.faults.add(InstrumentSilent(instrument="current_amplifier"))
    qtbot.waitUntil(lambda: status_of(window, 1) == "fault")
    qtbot.waitUntil(lambda: bool(window.queue.held))
    assert window.queue.jobs[1]["reason"] in "\n".join(sentences(window))


def test_a_note_and_a_gain(open_window, bench, qtbot):
    window = attached(open_window, bench, qtbot)
    window.notes.text.setPlainText("tip 14")
    window.procedures.run()
    qtbot.waitUntil(lambda: status_of(window, 1) == "finished")
    with Recording(window.queue.jobs[1]["out"]) as recording:
        assert recording.header.notes == "tip 14"
    assert window.notes.for_next == ""
    window.rig.set_asked.emit("current_amplifier", "gain_V_per_A", 1e6)
    gain = window.rig.sections["current_amplifier"].choices["gain_V_per_A"]
    qtbot.waitUntil(lambda: gain.currentText() == "10⁶ V/A")
    window.procedures.check()
