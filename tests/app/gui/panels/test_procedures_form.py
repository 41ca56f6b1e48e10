"""The form of procedures in use: what is seen, where the keyboard goes, presets and the way back, time it takes."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPushButton

from app.gui.dialogs.preview import PreviewDialog
from app.gui.panels.procedures import ProceduresPanel, offered
from tests.support.gui import fake_bench

OFFERED = offered()


@pytest.fixture
def panel(theme):
    made = ProceduresPanel(theme)
    made.set_rig(fake_bench.rig())
    made.show()
    yield made
    made.close()


def test_the_footer_repeats_the_whole_sentence_in_amber(theme, panel):
    panel.form.fields["contact_threshold"].set("50")
    assert not panel.check()
    assert panel.verdict.text() == panel.form.fields["contact_threshold"].problem
    assert panel.verdict.wordWrap()
    assert panel.verdict.palette().windowText().color().name() == theme.palette.warning
    panel.form.fields["contact_threshold"].set("5")
    assert panel.check()
    assert panel.verdict.palette().windowText().color().name() != theme.palette.warning


def test_what_is_wrong_is_scrolled_to_once(panel, qtbot):
    panel.resize(320, 430)
    panel.choose("heating")
    panel.form.more.setChecked(True)
    field = panel.form.fields["trip_factor"]
    qtbot.waitUntil(lambda: panel.form.height() > 2 * panel.scrolled.height())
    assert field.visibleRegion().isEmpty()
    field.set("0")
    panel.check()
    qtbot.waitUntil(lambda: not field.visibleRegion().isEmpty())
    assert not field.error_label.visibleRegion().isEmpty()
    bar = panel.scrolled.verticalScrollBar()
    bar.setValue(0)
    panel.check()
    qtbot.wait(20)
    assert bar.value() == 0, "who looks elsewhere is left alone"


@pytest.mark.parametrize("name", OFFERED)
def test_the_tab_key_goes_from_top_to_bottom(panel, name):
    panel.choose(name)
    panel.form.more.setChecked(True)
    panel.sequence.over.setCurrentIndex(1)
    panel.form.fields["bias"].set("99")
    begin, seen = panel.procedure, []
    one = begin
    while not seen or one is not begin:
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.isVisible():
            seen.append(one)
        one = one.nextInFocusChain()
    inside = [one for one in seen if panel.isAncestorOf(one)]
    assert inside == [
        panel.procedure, panel.preset, panel.presets.reset, panel.sample, *panel.form.in_order(),
        panel.sequence.over, panel.sequence.texts, panel.sequence.levels[1].over,
        panel.preview_button, panel.add_button, panel.run_button,
    ]  # fmt: skip
    rows = [one.mapTo(panel.form, one.rect().topLeft()).y() for one in panel.form.in_order()]
    assert rows == sorted(rows)


def test_no_field_is_too_narrow_for_a_preset(theme):
    panel = ProceduresPanel(theme)
    panel.set_rig(fake_bench.rig())
    panel.resize(330, 560)
    panel.show()
    for name in OFFERED:
        panel.choose(name)
        panel.form.more.setChecked(True)
        QTest.qWait(1)
        for field in panel.form.fields.values():
            if isinstance(field.input, QLineEdit):
                text = field.input.text() or field.input.placeholderText()
                assert field.input.fontMetrics().horizontalAdvance(text) <= field.input.width() - 8, text
    panel.close()


def test_everything_has_a_tool_tip(panel):
    kinds = (QLineEdit, QComboBox, QPushButton, QCheckBox)
    panel.sequence.over.setCurrentIndex(1)
    panel.sequence.texts.setText("1; 2")
    panel.check()
    for one in (one for kind in kinds for one in panel.findChildren(kind)):
        assert one.toolTip() or one.parentWidget().toolTip(), one.accessibleName()


def test_a_preset_says_that_it_was_changed_and_comes_back(panel):
    panel.choose("heating")
    assert panel.preset.currentText() == "Au – BDNC – Au"
    assert not panel.presets.reset.isEnabled()
    panel.form.fields["amplitudes"].set("0.8")
    panel.form.fields["holds"].set("7")
    assert panel.preset.currentText() == "Au – BDNC – Au (changed)"
    assert "Amplitudes: 0.74 0.95 1.08 1.18 1.27" in panel.presets.reset.toolTip()
    assert "Holds per amplitude: 100" in panel.presets.reset.toolTip()
    panel.presets.reset.click()
    assert panel.preset.currentText() == "Au – BDNC – Au"
    assert panel.form.values()["holds"] == 100
    assert panel.form.values()["amplitudes"] == (0.74, 0.95, 1.08, 1.18, 1.27)


@pytest.mark.parametrize("text", ["100", "100.0", "1e2", ""])
def test_the_same_value_written_differently_is_no_change(panel, text):
    panel.form.fields["bias"].set(text)
    assert panel.preset.currentText() == "Au – BDNC – Au"


def test_a_comma_in_a_list_is_said_to_separate(panel):
    panel.choose("heating")
    field = panel.form.fields["amplitudes"]
    field.set("0.7,1")
    assert panel.check()
    assert field.error_label.text() == "Read as 0.7 and 1: a comma separates the values of a list."
    assert field.problem == ""
    field.set("0.7 1")
    panel.check()
    assert field.error_label.isHidden()


def test_how_long_it_takes_is_said(panel):
    panel.check()
    assert panel.verdict.text() == "500 traces, about 15 min"
    panel.sequence.over.setCurrentIndex(panel.sequence.over.findData("traces"))
    panel.sequence.texts.setText("500; 1000")
    panel.check()
    assert panel.verdict.text() == "2 runs, 1500 traces, about 43 min"


def test_on_a_fast_clock_the_time_is_that_of_the_rig(panel):
    panel.set_rig(fake_bench.rig_on_fast_clock())
    panel.check()
    assert panel.verdict.text() == "500 traces, about 15 min of the rig's time"


def test_on_a_fast_clock_no_run_of_a_sweep_ends_at_a_time_of_day(panel, qtbot):
    panel.set_rig(fake_bench.rig_on_fast_clock())
    panel.sequence.over.setCurrentIndex(panel.sequence.over.findData("traces"))
    panel.sequence.texts.setText("500; 1000")
    with qtbot.waitSignal(panel.preview_asked) as asked:
        panel.preview_button.click()
    dialog = PreviewDialog(*asked.args, panel.rig)
    qtbot.addWidget(dialog)
    heads = [dialog.table.horizontalHeaderItem(i).text() for i in range(dialog.table.columnCount())]
    assert heads[-2:] == ["Traces", "Takes"]
    assert dialog.whole.text() == "2 runs, about 43 min of the rig's time in all, one after another."


def test_a_number_copied_from_the_window_with_its_minus_can_be_typed(panel):
    panel.choose("iv")
    panel.form.fields["bias"].input.setText("−100")
    assert panel.form.fields["bias"].value == -100.0
    panel.sequence.over.setCurrentIndex(panel.sequence.over.findData("bias"))
    panel.sequence.texts.setText("−100; −50")
    assert [run.values["bias"] for run in panel.wanted()] == [-100.0, -50.0]


def test_a_value_of_a_sequence_that_cannot_work_is_not_said_at_the_field(panel):
    panel.choose("iv")
    panel.sequence.over.setCurrentIndex(panel.sequence.over.findData("peak"))
    panel.sequence.texts.setText("1; 2,5")
    assert not panel.check()
    assert panel.verdict.text().startswith("Sweep of Peak bias: “Peak bias”: 2.5 V is outside")
    assert panel.form.wrong is None


def test_an_empty_field_shows_its_default(panel):
    field = panel.form.fields["approach_speed"]
    field.set("")
    assert field.input.placeholderText() == "5"
    assert panel.check()


def test_hold_time_and_holds_are_told_apart(panel):
    panel.choose("heating")
    assert panel.form.fields["hold_time"].parameter.name == "Hold time"
    assert panel.form.fields["holds"].parameter.name == "Holds per amplitude"


def test_the_footer_says_what_a_run_can_resolve_in_amber_if_that_is_little(theme, panel):
    panel.choose("heating")
    for name, text in {"conductance": "0.002", "amplitudes": "0.9", "holds": "20"}.items():
        panel.form.fields[name].set(text)
    assert panel.check()
    assert "Expected error of the temperature rise at 0.9 V" in panel.verdict.text()
    assert panel.verdict.foregroundRole() is panel.what.foregroundRole()
    panel.form.fields["amplitudes"].set("0.2")
    assert panel.check(), panel.verdict.text()
    assert panel.verdict.palette().windowText().color().name() == theme.palette.warning
    panel.form.fields["amplitudes"].set("0.05")
    assert not panel.check()
    assert "set “Run anyway”" in panel.verdict.text()
    panel.form.fields["anyway"].set(True)
    assert panel.check()


def test_settings_that_are_set_together_are_reported_once(panel):
    seen = []
    panel.form.changed.connect(lambda: seen.append(panel.form.values()))
    panel.form.set({"traces": 7, "bias": 30.0})
    assert [(values["traces"], values["bias"]) for values in seen] == [(7, 30.0)]
