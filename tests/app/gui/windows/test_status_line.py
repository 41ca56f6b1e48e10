from dataclasses import fields

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetricsF, QGuiApplication
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDialog, QMainWindow

from app.console.durations import roughly
from app.gui.widgets.big_number import NUMBER_PT, BigNumber
from app.gui.widgets.retract import TWICE_WITHIN_MS, DoubleEscFilter, RetractButton
from app.gui.widgets.theme import DARK, Choice, Theme
from app.gui.windows.status_line import ReplayStatusLine, RigStatusLine, StatusLine
from app.viewmodels.junction_state import ShownState
from app.viewmodels.status_view import StatusSnapshot
from app.viewmodels.status_words import (
    conductance_words,
    cycles_word,
    duration,
    progress_text,
    remark,
    signed,
    size,
)
from tests.support.recordings import synthetic

NAN = float("nan")


@pytest.fixture
def line(qtbot, theme: Theme) -> RigStatusLine:
    line = RigStatusLine(theme)
    qtbot.addWidget(line)
    line.resize(1400, 72)
    line.show()
    qtbot.waitExposed(line)
    return line


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["held", "0.00207 G₀", "±1.080 V", "412.3 nm", "63/100 holds"]),
        (
            {"modulated": False, "bias_V": -1.08},
            ["held", "0.00207 G₀", "−1.080 V", "412.3 nm", "63/100 holds"],
        ),
        (
            {
                "state": ShownState.OUT_OF_CONTACT,
                "conductance_G0": 8.8e-7,
                "tip_nm": NAN,
                "recorded_bytes": 0,
            },
            ["out of contact", "8.80×10⁻⁷ G₀", "±1.080 V", "– nm", "63/100 holds"],
        ),
        (
            {"conductance_G0": float("inf"), "full_scale_G0": 6.45},
            ["held", "> 6.4 G₀", "±1.080 V", "412.3 nm", "63/100 holds"],
        ),
        (
            {"conductance_G0": float("inf")},
            ["held", "over range", "±1.080 V", "412.3 nm", "63/100 holds"],
        ),
        (
            {"conductance_G0": NAN, "bias_V": NAN, "modulated": False, "recorded_bytes": 2_000},
            ["held", "– G₀", "– V", "412.3 nm", "63/100 holds"],
        ),
    ],
)
def test_numbers(line: RigStatusLine, changes: dict, expected: list[str]) -> None:
    line.present(synthetic.status(**changes))
    assert [readout.text for readout in line.readouts] == expected


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (conductance_words(1.0042), "1.00"),
        (conductance_words(12.3), "12.3"),
        (conductance_words(123.4), "123"),
        (conductance_words(-0.0021), "−0.00210"),
        (conductance_words(3e-9), "3.00×10⁻⁹"),
        (conductance_words(-3.33e-10), "−3×10⁻¹⁰"),
        (conductance_words(float("inf"), 6.4519), "> 6.4"),
        (conductance_words(float("inf"), 6.0), "> 6"),
        (conductance_words(float("inf"), 0.0645), "> 0.064"),
        (conductance_words(float("-inf"), 64.5), "< −64"),
        (conductance_words(float("inf")), "over range"),
        (conductance_words(NAN, 6.4), "–"),
        (signed(0.1), "+0.100"),
        (signed(-0.0005), "−0.001"),
        (signed(0.0004), "0.000"),
        (signed(-0.0004), "0.000"),
        (signed(-0.0), "0.000"),
        (duration(3.21), "3.2 s"),
        (duration(245), "4 min 05 s"),
        (duration(7380), "2 h 03 min"),
        (size(15_400_000), "15.4 MB"),
        (roughly(30), "30 s"),
        (roughly(660), "11 min"),
        (roughly(9000), "2.5 h"),
        (progress_text(synthetic.status()), "63/100"),
        (progress_text(synthetic.status(total_cycles=None, cycles=1)), "1"),
        (cycles_word(synthetic.status()), "holds"),
        (cycles_word(synthetic.status(total_cycles=None, cycles=1)), "hold"),
        (remark(synthetic.status()), "11 min left, 1.20 GB"),
        (remark(synthetic.status(remark="paused", recorded_bytes=0)), "paused"),
        (remark(synthetic.status(ended="finished")), "finished, 1.20 GB"),
    ],
)
def test_words(words: str, text: str) -> None:
    assert words == text


@pytest.mark.parametrize("state", list(ShownState))
def test_every_state_has_room(line: RigStatusLine, state: ShownState) -> None:
    before = [readout.geometry() for readout in line.readouts]
    line.present(synthetic.status(state=state))
    QApplication.processEvents()
    assert line.state.text == state.value
    assert QFontMetricsF(line.state._fonts[0]).horizontalAdvance(state.value) <= line.state.width()
    assert [readout.geometry() for readout in line.readouts] == before


@pytest.mark.parametrize(
    "changes",
    [
        {"conductance_G0": -8.88e-8, "bias_V": 0.0},
        {"conductance_G0": -8.88e-10, "bias_V": 0.0},
        {"conductance_G0": -8.88e-4, "bias_V": 0.0},
        {"conductance_G0": float("inf"), "full_scale_G0": 0.0645},
        {"conductance_G0": float("inf")},
        {"conductance_G0": 8.88e-4, "bias_V": 0.0},
        {"conductance_G0": 8.88e-8, "bias_V": -9.999, "modulated": False, "tip_nm": 2888.8},
        {"recorded_bytes": 888_000_000, "total_cycles": 888, "cycles": 888, "left_s": 88 * 60.0},
    ],
)
def test_nothing_jumps_and_nothing_is_cut(line: RigStatusLine, changes: dict) -> None:
    line.present(synthetic.status())
    before = [readout.geometry() for readout in line.readouts]
    line.present(synthetic.status(**changes))
    QApplication.processEvents()
    assert [readout.geometry() for readout in line.readouts] == before
    for readout in line.readouts:
        number, unit, _ = (QFontMetricsF(font) for font in readout._fonts)
        assert number.horizontalAdvance(readout.number) <= readout._number_width
        assert readout._number_width + unit.horizontalAdvance(readout.unit) <= readout.width()


def test_numbers_are_large_and_their_units_smaller(line: RigStatusLine) -> None:
    assert NUMBER_PT >= 20
    for readout in line.readouts:
        number, unit, _ = (font.pointSizeF() for font in readout._fonts)
        assert unit < number


@pytest.mark.parametrize("kind", [RigStatusLine, ReplayStatusLine])
@pytest.mark.parametrize("width", [1920, 1500, 1280, 1024])
def test_everything_is_whole_on_any_screen(theme: Theme, qtbot, kind: type[StatusLine], width: int) -> None:
    line = kind(theme)
    qtbot.addWidget(line)
    line.resize(width, 72)
    line.show()
    line.present(synthetic.status())
    QApplication.processEvents()
    places = [readout.geometry() for readout in line.findChildren(BigNumber)]
    assert line.minimumSizeHint().width() <= 1024
    assert max(place.right() for place in places) < width
    assert all(r.width() >= r.sizeHint().width() for r in line.findChildren(BigNumber))
    assert line.state._fonts[0].pointSizeF() == NUMBER_PT or width < 1500


def test_numbers_that_nothing_came_for_are_the_last_known(line: RigStatusLine) -> None:
    line.present(synthetic.status(stale_s=3.2))
    assert line.state.note == "no data for 3 s"
    assert line.state.note_colour == "warning"
    assert {line.conductance.colour, line.bias.colour, line.tip.colour, line.state.colour} == {"quiet"}
    assert line.conductance.note == "last known"
    line.present(synthetic.status(stale_s=3.2, conductance_G0=float("nan")))
    assert line.conductance.note == "", "a dash is not the last known conductance"
    line.present(synthetic.status())
    assert (line.state.note, line.conductance.note, line.conductance.colour) == ("3.2 s", "", "text")


def test_not_safe_is_the_largest_word(line: RigStatusLine) -> None:
    line.present(synthetic.status(state=ShownState.NOT_SAFE, message="see above"))
    assert (line.state.number, line.state.colour, line.bias.colour) == ("NOT SAFE", "danger", "quiet")


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_retract_by_key_where_it_has_the_focus(line: RigStatusLine, qtbot, key: Qt.Key) -> None:
    with qtbot.waitSignal(line.retract):
        QTest.keyClick(line.button, key)
    assert line.button.focusPolicy() is Qt.FocusPolicy.TabFocus


def test_a_fault_says_what_it_is(line: RigStatusLine) -> None:
    line.present(synthetic.status(state=ShownState.FAULT, message="the amplifier does not answer"))
    assert line.state.note == "the amplifier does not answer"
    assert line.state.colour == line.state.note_colour == "danger"
    assert line.state.toolTip() == "the amplifier does not answer"
    line.present(synthetic.status())
    assert line.state.note == "3.2 s"
    assert line.state.note_colour == "quiet"


@pytest.mark.parametrize(
    ("bias_V", "colour"),
    [
        (0.1, "positive_text"),
        (-0.1, "negative_text"),
        (0.0, "text"),
        (0.0004, "text"),
        (-0.0004, "text"),
        (NAN, "text"),
    ],
)
def test_bias_has_the_colour_of_its_sign(line: RigStatusLine, bias_V: float, colour: str) -> None:
    line.present(synthetic.status(bias_V=bias_V, modulated=False))
    assert line.bias.colour == colour


@pytest.mark.parametrize(
    ("tip_nm", "limits", "fraction", "note"),
    [
        (0.0, (0.0, 800.0), 0.0, ""),
        (400.0, (0.0, 800.0), 0.5, ""),
        (790.0, (0.0, 800.0), 0.9875, "near its limit"),
        (400.0, (NAN, NAN), NAN, ""),
    ],
)
def test_tip_between_its_limits(
    line: RigStatusLine, tip_nm: float, limits: tuple[float, float], fraction: float, note: str
) -> None:
    line.present(synthetic.status(tip_nm=tip_nm, tip_range_nm=limits))
    assert line.tip.fraction == pytest.approx(fraction, nan_ok=True)
    assert line.tip.note == note
    line.grab()


def test_every_number_can_be_copied(line: RigStatusLine) -> None:
    line.present(synthetic.status())
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    for readout in line.readouts:
        readout.actions()[0].trigger()
        assert clipboard.text() == readout.text


def test_the_button_is_always_there(line: RigStatusLine) -> None:
    pressed: list[bool] = []
    line.retract.connect(lambda: pressed.append(True))
    for state in ShownState:
        line.present(synthetic.status(state=state))
        assert line.button.isEnabled()
        assert line.button.isVisible()
        QTest.mouseClick(line.button, Qt.MouseButton.LeftButton)
    assert len(pressed) == len(ShownState)
    assert line.button.text() == "RETRACT"
    assert line.button.width() * line.button.height() > 160 * 50
    assert "0 V" in line.button.toolTip()


def test_replay_has_another_colour_and_no_button(qtbot, theme: Theme) -> None:
    replay = ReplayStatusLine(theme)
    qtbot.addWidget(replay)
    replay.resize(1400, 72)
    replay.show()
    replay.set_speed("20×", "2026-11-20 heating 3")
    replay.present(synthetic.status())
    assert replay.findChild(RetractButton) is None
    assert replay.replay.text == "REPLAY 20×"
    assert replay.grab().toImage().pixelColor(2, 2).name() == theme.palette.replay_window
    theme.choose(Choice.DARK)
    assert replay.grab().toImage().pixelColor(2, 2).name() == DARK.replay_window
    assert theme.palette.replay_window != theme.palette.window


def test_draws_only_what_changed(line: RigStatusLine) -> None:
    snapshot = synthetic.status()
    assert line.present(snapshot)
    assert not line.present(snapshot)
    line.hide()
    assert not line.present(synthetic.status(bias_V=0.5))
    line.show()
    assert line.bias.number == "±0.500"


def test_says_all_that_is_seen_to_screen_readers(line: RigStatusLine) -> None:
    line.present(synthetic.status())
    assert line.bias.accessibleName() == "BIAS ±1.080 V modulated"
    assert isinstance(line, StatusLine)
    assert {field.name for field in fields(StatusSnapshot)} >= {"state", "tip_range_nm"}


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        ([(Qt.Key.Key_Escape, 0), (Qt.Key.Key_Escape, 300)], 1),
        ([(Qt.Key.Key_Escape, 0), (Qt.Key.Key_Escape, TWICE_WITHIN_MS + 1)], 0),
        ([(Qt.Key.Key_Escape, 0), (Qt.Key.Key_A, 100), (Qt.Key.Key_Escape, 200)], 0),
        ([(Qt.Key.Key_Escape, 0), (Qt.Key.Key_Escape, 100), (Qt.Key.Key_Escape, 200)], 1),
        ([(Qt.Key.Key_Escape, 0), (Qt.Key.Key_Escape, 5000), (Qt.Key.Key_Escape, 5100)], 1),
    ],
)
def test_escape_twice(qapp, keys: list[tuple[Qt.Key, int]], count: int) -> None:
    watch = DoubleEscFilter()
    heard: list[bool] = []
    watch.pressed.connect(lambda: heard.append(True))
    for key, time_ms in keys:
        watch.see(key, time_ms)
    assert len(heard) == count


def test_a_reason_too_long_for_its_place_takes_that_of_the_caption(qtbot, theme: Theme) -> None:
    number = BigNumber(theme, "JUNCTION", "out of contact", note="no data for 88 s")
    qtbot.addWidget(number)
    number.resize(number.sizeHint())
    number.say("held", "no data for 12 s")
    assert number.note_left > 0.0
    number.say("fault", "the card does not answer, nor does the rest")
    assert number.note_left == 0.0


@pytest.mark.parametrize("modal", [False, True])
def test_escape_twice_is_heard_in_any_window(qtbot, qapp: QApplication, modal: bool) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    target = window
    if modal:
        dialog = QDialog(window)
        dialog.setModal(True)
        dialog.keyPressEvent = lambda event: event.accept()  # it keeps the keys for itself
        dialog.show()
        target = dialog
    qtbot.waitExposed(target)
    watch = DoubleEscFilter()
    qapp.installEventFilter(watch)
    heard: list[bool] = []
    watch.pressed.connect(lambda: heard.append(True))
    handle = target.windowHandle()
    assert handle is not None
    for _ in range(2):
        QTest.keyClick(handle, Qt.Key.Key_Escape)
    qapp.removeEventFilter(watch)
    assert heard == [True]
