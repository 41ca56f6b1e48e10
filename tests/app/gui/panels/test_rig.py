"""The rig panel and the status line of an idle rig."""

import math

import pytest

from app.gui.panels.rig import RigPanel, setting_with_prefix, state_of
from app.gui.windows.rig_status import BLANK, idle_status
from app.viewmodels.junction_state import ShownState
from app.viewmodels.status_words import remark
from tests.support.gui.fake_bench import instruments, row
from tests.support.recordings import synthetic

BUSY = "A run is using the instruments: change this after the run"


@pytest.fixture
def panel(theme):
    made = RigPanel(theme)
    made.resize(320, 700)
    made.show()
    made.show_instruments(instruments())
    yield made
    made.close()


@pytest.mark.parametrize(
    ("changed", "word", "colour"),
    [
        ({}, "ok", "accent"),
        ({"answers": False, "message": "It does not answer."}, "no answer", "danger"),
        ({"settings": {"overloaded": True}, "message": "It is overloaded."}, "overloaded", "warning"),
        ({"answers": None, "settings": {"gain": 1e4}}, "unverified", "warning"),
        ({"answers": None}, "…", "quiet"),
    ],
)
def test_states_are_words(changed, word, colour):
    assert state_of(row("SR560", "ASRL1", **changed))[:2] == (word, colour)


@pytest.mark.parametrize(
    ("section", "setting", "text"),
    [
        ("current_amplifier", "gain_V_per_A", "10⁵ V/A"),
        ("current_amplifier", "rise_time_s", "300 µs"),
        ("voltage_preamplifier", "gain", "50 000"),
        ("voltage_preamplifier", "lowpass_Hz", "1 kHz"),
    ],
)
def test_settings_are_shown_in_their_units(panel, section, setting, text):
    assert panel.sections[section].choices[setting].currentText() == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1e10, "V/A", "10¹⁰ V/A"),
        (1e-5, "s", "10 µs"),
        (1e-3, "s", "1 ms"),
        (300.0, "Hz", "300 Hz"),
        (5e3, "", "5000"),
    ],
)
def test_quantities(value, unit, text):
    assert setting_with_prefix(value, unit) == text


def test_each_instrument_has_address_and_state(panel):
    said = {name: (s.title.text(), s.address.text(), s.state.text()) for name, s in panel.sections.items()}
    assert said == {
        "current_amplifier": ("Keithley 428", "TCPIP0::127.0.0.1,1::gpib0,22::INSTR", "ok"),
        "voltage_preamplifier": ("SR560", "ASRL/dev/pts/1::INSTR", "unverified"),
        "daq": ("NI 6281", "grpc://127.0.0.1:1, Dev1", "ok"),
    }
    assert "cannot be read" in panel.sections["voltage_preamplifier"].state.toolTip()


def test_what_is_chosen_is_asked_for(panel, qtbot):
    combo = panel.sections["current_amplifier"].choices["gain_V_per_A"]
    with qtbot.waitSignal(panel.set_asked) as asked:
        combo.setCurrentIndex(3)
        combo.activated.emit(3)
    assert asked.args == ["current_amplifier", "gain_V_per_A", 1e6]


def test_during_a_run_settings_are_greyed_with_the_reason(panel):
    panel.show_instruments(instruments(BUSY))
    edited = [*panel.sections["current_amplifier"].choices.values(), panel.sections["daq"].outputs["bias_V"]]
    assert not any(one.isEnabled() for one in edited)
    assert {one.toolTip() for one in edited} == {BUSY}
    panel.show_instruments(instruments())
    assert all(one.isEnabled() for one in edited)


@pytest.mark.parametrize(("text", "value"), [("0.1", 0.1), ("−0.5 V", -0.5), ("0", 0.0)])
def test_a_bias_is_put_on_with_enter(panel, qtbot, text, value):
    daq = panel.sections["daq"]
    daq.outputs["bias_V"].setText(text)
    with qtbot.waitSignal(panel.set_asked) as asked:
        daq.outputs["bias_V"].returnPressed.emit()
    assert asked.args == ["daq", "bias_V", value]
    assert daq.outputs["bias_V"].text() == ""


@pytest.mark.parametrize("text", ["3", "-2.1", "much", "nan"])
def test_no_other_bias_is(panel, text):
    asked: list[object] = []
    panel.set_asked.connect(lambda *args: asked.append(args))
    daq = panel.sections["daq"]
    daq.outputs["bias_V"].setText(text)
    daq.outputs["bias_V"].returnPressed.emit()
    assert asked == []
    assert daq.bias_said.isVisible()
    assert "between −2 and 2 V" in daq.bias_said.text()


def test_a_lost_instrument_says_so(panel):
    content = instruments()
    content["current_amplifier"].update(answers=False, message="No answer at TCPIP0. Look at its cable.")
    panel.show_instruments(content)
    section = panel.sections["current_amplifier"]
    assert section.state.text() == "no answer"
    assert section.message.isVisible()
    assert "Look at its cable." in section.message.text()


def test_the_tip_is_shown_on_its_range(panel):
    panel.show_instruments(instruments(z_V=4.1))
    assert panel.sections["daq"].readings["z_V"].text() == "41.0 nm  of 0 to 100"


IDLE = [
    ({}, ShownState.RETRACTED, 0.0, 0.0),
    ({"z_V": 4.0}, ShownState.OUT_OF_CONTACT, 0.0, 40.0),
    ({"z_V": 0.01, "bias_V": 0.1}, ShownState.RETRACTED, 0.1, 0.1),
    ({"bias_V": 2e-4}, ShownState.RETRACTED, 0.0, 0.0),
]


@pytest.mark.parametrize(("volts", "state", "bias_V", "tip_nm"), IDLE)
def test_an_idle_rig_on_the_status_line(volts, state, bias_V, tip_nm):
    status = idle_status(instruments(**volts), None)
    assert status.state is state
    assert (status.bias_V, status.tip_nm) == (bias_V, pytest.approx(tip_nm))
    assert status.tip_range_nm == (0.0, 100.0)
    assert status.ended == "idle"


RAILED = [
    (5.0, 0.1, ShownState.CONTACT, math.inf),
    (-5.0, 0.1, ShownState.UNKNOWN, -math.inf),
    (1e-4, 0.1, ShownState.OUT_OF_CONTACT, None),
]


@pytest.mark.parametrize(("current_V", "bias_V", "state", "conductance"), RAILED)
def test_word_and_conductance_of_an_idle_rig_suit_each_other(current_V, bias_V, state, conductance):
    content = instruments(z_V=4.0, bias_V=bias_V)
    content["daq"]["settings"]["current_V"] = current_V
    status = idle_status(content, None)
    assert status.state is state
    if conductance is not None:
        assert status.conductance_G0 == conductance
    assert status.full_scale_G0 == pytest.approx(0.995 * 5.0 / 1e5 / 0.1 / 7.748091729e-5)


def test_conductance_is_known_only_with_a_bias():
    assert math.isnan(idle_status(instruments(), None).conductance_G0)
    expected = 0.01 / 1e5 / 0.1 / 7.748091729e-5
    assert idle_status(instruments(bias_V=0.1), None).conductance_G0 == pytest.approx(expected)


@pytest.mark.parametrize(
    ("content", "lost", "message"),
    [
        (instruments(), "no answer", "the bench does not answer"),
        ({}, "no answer", "the bench does not answer"),
    ],
)
def test_a_bench_that_is_gone_is_a_fault(content, lost, message):
    status = idle_status(content, None, lost)
    assert (status.state, status.message) == (ShownState.FAULT, message)


def test_a_card_that_is_gone_is_a_fault_and_nothing_known_is_unknown():
    content = instruments()
    content["daq"]["answers"] = False
    assert idle_status(content, None).state is ShownState.FAULT
    assert idle_status(None, None) is BLANK


def test_no_time_is_left_of_a_run_that_is_over():
    """A run that ended before it was made safe has no word for its end."""
    before = synthetic.status(left_s=660.0)
    assert "left" in remark(before)
    assert "left" not in remark(idle_status(instruments(), before))


def test_numbers_that_nothing_reports_any_more_are_not_shown():
    before = synthetic.status(state=ShownState.HELD)
    assert not math.isnan(before.bias_V)
    content = instruments()
    content["daq"]["answers"] = False
    for status in (
        idle_status(instruments(), before, "no answer"),
        idle_status(instruments(), before, "no answer", "The rig may not be safe."),
        idle_status(content, before),
    ):
        assert all(map(math.isnan, (status.bias_V, status.tip_nm, status.conductance_G0, status.left_s)))
        assert not status.modulated


def test_instruments_of_a_bench_that_does_not_answer_are_not_known_until_it_does(panel):
    panel.lose()
    assert {section.state.text() for section in panel.sections.values()} == {"not known"}
    panel.show_instruments(instruments())
    assert "ok" in {section.state.text() for section in panel.sections.values()}


HEATER = {"range": [0.0, 5.0], "reason": "", "unit": "mW", "safe": 0.0, "set": 1.5}


def test_a_further_output_is_set_by_hand_and_shown_with_its_unit(panel, qtbot):
    content = instruments()
    content["daq"]["editable"]["stage_heater"] = HEATER
    content["daq"]["extra_inputs"] = {"stage_temperature": "K"}
    content["daq"]["settings"]["stage_temperature_V"] = 77.25
    panel.show_instruments(content)
    daq = panel.sections["daq"]
    field = daq.outputs["stage_heater"]

    assert daq.readings["stage_heater output"].text() == "1.5 mW"
    assert daq.readings["stage_temperature_V"].text() == "77.2500 K"
    assert field.placeholderText() == "0 to 5 mW, then Enter"
    field.setText("6")
    field.returnPressed.emit()
    assert daq.bias_said.text() == "Stage heater must be between 0 and 5 mW."
    field.setText("2.5 mW")
    with qtbot.waitSignal(panel.set_asked) as asked:
        field.returnPressed.emit()
    assert asked.args == ["daq", "stage_heater", 2.5]
