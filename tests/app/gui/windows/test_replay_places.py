"""Going to places of a recording in a window: keys wherever the focus is, what is seen there, imports."""

import os
import re
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from click.testing import CliRunner
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QApplication

from analysis.recording import RecordedChannel, RecordingWriter, RunHeader, TraceEntry
from analysis.records import Block
from app.cli import main
from app.gui.main import Program
from app.gui.replay_source import ReplaySource
from app.gui.widgets.icons import pause_icon, play_icon
from app.gui.widgets.theme import Choice
from app.gui.windows.replay_window import ALL_SEEN, ReplayWindow
from app.viewmodels.registry import tabs
from tests.support.recordings.streams import made_holds, made_sweeps, made_traces, recording_of

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.fixture
def open_window(theme, settings, qtbot):
    opened = []

    def make(path, speed=1.0):
        window = ReplayWindow(theme, settings, ReplaySource(path, speed))
        opened.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    yield make
    for window in opened:
        window.close()


@pytest.fixture
def traces(tmp_path):
    return recording_of(made_traces, 14, tmp_path / "run.h5")


def said(window):
    return [entry.text for entry in window.log.entries]


def listed(window, qtbot):
    """The list of recordings, with the focus on its first row."""
    table = window.browser.table
    qtbot.waitUntil(lambda: table.model().rowCount() > 0)
    at = table.visualRect(table.model().index(0, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert QApplication.focusWidget() is table
    return table


def test_keys_steer_also_after_a_click_on_a_recording(slow_replay, open_window, traces, qtbot):
    window = open_window(traces)
    source, table = window.source, listed(window, qtbot)
    for number in (0, 1):
        qtbot.keyClick(table, Qt.Key.Key_Right)
        qtbot.waitUntil(lambda n=number: source.state.trace is not None and source.state.trace.number == n)
    qtbot.keyClick(table, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: source.state.time_s == 0.0)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: source.state.playing)
    qtbot.keyClick(table, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: source.state.at_end)


def test_up_and_down_are_the_lists_while_it_has_the_focus(open_window, traces, qtbot):
    recording_of(made_traces, 3, traces.with_name("other.h5"))
    window = open_window(traces)
    table = listed(window, qtbot)
    qtbot.waitUntil(lambda: table.model().rowCount() == 2)
    assert table.currentIndex().row() == 0
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert table.currentIndex().row() == 1
    assert window.bar.speed.currentData() == 1.0
    window.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: window.source.state.speed == 2.0)


def test_a_line_of_text_keeps_its_keys(open_window, traces, qtbot):
    window = open_window(traces)
    edit = window.browser.filter
    edit.setFocus()
    qtbot.keyClicks(edit, "au")
    qtbot.keyClick(edit, Qt.Key.Key_Left)
    assert edit.cursorPosition() == 1
    qtbot.keyClick(edit, Qt.Key.Key_Home)
    qtbot.keyClick(edit, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert edit.selectedText() == "a"
    qtbot.keyClick(edit, Qt.Key.Key_End)
    qtbot.wait(50)
    assert edit.cursorPosition() == 2
    assert window.source.state.sample == 0


def test_a_place_is_seen_while_paused_and_what_stays_is_said_once(open_window, traces, qtbot):
    window = open_window(traces, inf)
    window.source.to_end()
    qtbot.waitUntil(lambda: window.source.state.at_end and not window.source.state.playing)
    assert window.session.status.snapshot().ended == "finished"
    half_s = window.source.state.duration_s / 2
    for time_s in (half_s, half_s / 2, half_s):
        window.source.seek_time(time_s)
        qtbot.waitUntil(lambda t=time_s: window.source.state.time_s == pytest.approx(t, abs=1e-3))
    status = window.session.status.snapshot()
    assert status.ended == "" and status.time_s == pytest.approx(half_s, abs=1e-3)
    assert status.cycles == window.source.state.traces[0]
    assert window.session.strips.snapshot().now_s == pytest.approx(half_s, abs=1e-3)
    assert not window.source.state.playing
    assert said(window).count(ALL_SEEN) == 1


def test_the_model_of_the_iv_beside_it_is_shown_and_said(open_window, tmp_path, qtbot):
    for name, made, at in (("iv", made_sweeps(), "11"), ("heating", made_holds(8), "12")):
        made.header = replace(made.header, started=f"2026-11-21T{at}:00:00+00:00", sample="Au-BDNC-Au")
        made.write(tmp_path / f"{name}.h5")
    window = open_window(tmp_path / "heating.h5", inf)
    qtbot.waitUntil(lambda: "Landauer level fitted to iv.h5." in said(window))
    window.source.to_end()
    qtbot.waitUntil(lambda: window.source.state.at_end)
    window.session.settle()
    heating = window.session.heating.snapshot()
    assert heating.model == "Landauer level fitted to iv.h5"
    assert {curve.name for curve in heating.curves} == {
        "Landauer", "voltage probe", "voltage-temperature probe",
    }  # fmt: skip
    assert window.session.transmission.snapshot().energy_eV.size


def test_a_model_that_is_opened_holds_also_when_rules_change(open_window, traces, tmp_path, qtbot):
    model = tmp_path / "flat.toml"
    model.write_text('[transmission]\nkind = "flat"\nvalue = 0.01\n')
    window = open_window(traces)
    window.models.open(model)
    qtbot.waitUntil(lambda: window.session.model is not None)
    window.selection.edits["Starts above (G₀)"].setText("5")
    window.selection.decide()
    window.session.settle()
    assert window.session.model.source == "flat.toml"
    assert window.session.options.traces.starts_above_G0 == 5
    window.models.forget()
    window.session.settle()
    assert window.session.model is None


def test_a_file_that_is_no_model_is_said(open_window, traces, tmp_path, qtbot):
    (tmp_path / "rig.toml").write_text('name = "rig"')
    window = open_window(traces)
    window.models.open(tmp_path / "rig.toml")
    qtbot.waitUntil(lambda: any("rig.toml" in text for text in said(window)))
    assert window.session.model is None


def test_a_folder_opens_on_its_newest_recording_that_can_be_read(traces, settings, qapp, qtbot, monkeypatch):
    recording_of(made_holds, 4, traces.with_name("newer.h5"))
    traces.with_name("broken.h5").write_bytes(b"nothing")
    for age, name in enumerate(("broken.h5", "newer.h5", "run.h5")):
        os.utime(traces.with_name(name), (1e9 - age, 1e9 - age))
    played = []

    def run(open_first):
        program = Program(qapp, settings)
        open_first(program)
        (window,) = program.windows
        qtbot.waitUntil(lambda: window.browser.table.model().rowCount() == 3)
        qtbot.waitUntil(lambda: window.source.state.sample > 0)
        played.append(window.recording.name)
        program.close()
        return 0

    monkeypatch.setattr("app.gui.main.run", run)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    result = CliRunner().invoke(main, ["gui", str(traces.parent)])
    assert (result.exit_code, played) == (0, ["newer.h5"]), result.output


# ---- imported recordings ----


def imported(path, name, unit):
    header = RunHeader("import", (RecordedChannel(name, unit),), nan, provenance="imported")
    values = np.concatenate([np.full(300, 3.0), np.geomspace(3.0, 1e-5, 200), np.full(100, 1e-6)])
    with RecordingWriter(path, header) as writer:
        for number in range(6):
            block = Block(number * 600, nan, (name,), values[None, :])
            writer.append(block)
            writer.add_trace(TraceEntry(number, block.first, block.stop))
    return path


def test_an_import_without_units_says_what_to_do(open_window, tmp_path):
    window = open_window(imported(tmp_path / "au.h5", "values", ""))
    assert any("--unit conductance=G0" in text for text in said(window))
    window.area.views["Histogram"].redraw()
    assert all(
        "--unit conductance=G0" in p.reason for p in window.area.views["Histogram"].panels if p.empty_text
    )


@pytest.mark.parametrize("own", [True, False], ids=["own", "imported"])
def test_an_empty_view_of_a_recording_never_asks_for_a_run(open_window, traces, tmp_path, own):
    window = open_window(traces if own else imported(tmp_path / "au.h5", "conductance", "G0"))
    for number, title in enumerate(tabs()):
        window.area.raise_tab(number)
        QApplication.processEvents()
        window.paint()
        for panel in window.area.views[title].panels:
            words = panel.reason or panel.empty_text
            assert words
            assert not re.search(r"\b[Rr]un\b|open a recording", words), (title, words)


def test_an_import_without_a_rate_is_told_in_samples_and_its_traces_are_counted(open_window, tmp_path, qtbot):
    window = open_window(imported(tmp_path / "au.h5", "conductance", "G0"), inf)
    window.source.to_end()
    qtbot.waitUntil(lambda: window.bar.time.text() == "sample 3\u202f600 / 3\u202f600")
    status = window.session.status.snapshot()
    assert (status.cycles, status.total_cycles) == (6, 6)
    assert np.isnan(status.in_state_s) and np.isnan(status.left_s)
    assert window.bar.where.text() == "trace 6/6"
    assert window.session.trace.snapshot().last[-1].axis == "sample"
    assert not window.session.strips.snapshot().timed
    window.source.step_trace(-2)
    qtbot.waitUntil(lambda: window.session.status.snapshot().cycles == 4)


# ---- the button ----


def colour_of(icon):
    image = icon.pixmap(16, 16).toImage()
    return QColor(image.pixel(image.width() // 3, image.height() // 2)).name()


def test_the_play_button_is_in_the_text_colour(open_window, traces, theme):
    window = open_window(traces)
    for choice in (Choice.DARK, Choice.LIGHT):
        theme.choose(choice)
        assert colour_of(window.bar.play.icon()) == theme.palette.text.lower()
    for icon in (play_icon("#123456"), pause_icon("#123456")):
        assert colour_of(icon) == "#123456"
