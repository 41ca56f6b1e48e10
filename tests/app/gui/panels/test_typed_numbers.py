"""Numbers as people type and paste them: a German keyboard, a PDF's minus, a unit after the number."""

import pytest
from PyQt6.QtCore import QLocale

from app.gui.panels.commissioning import CommissioningPage
from app.gui.panels.procedures import ProceduresPanel
from app.gui.panels.rig import RigPanel
from tests.support.gui import fake_bench

PASTED = [
    ("hold_time", "0,5", 0.5),
    ("hold_time", "5 s", 5.0),
    ("hold_time", "5\u00a0s", 5.0),
    ("hold_time", "5\u202fs", 5.0),
    ("hold_time", "5s", 5.0),
    ("conductance", "1e\u22123", 1e-3),
    ("conductance", "0.002 G0", 2e-3),
    ("conductance", "0.002 G\u2080", 2e-3),
    ("bias", "100 mV", 100.0),
    ("amplitudes", "0.74 V 0.95 V", (0.74, 0.95)),
    ("amplitudes", "0.74\u00a0V, 0.95\u00a0V", (0.74, 0.95)),
]
REFUSED = [
    ("hold_time", "5 ms"),
    ("hold_time", "5 V"),
    ("hold_time", "s"),
    ("hold_time", "1.000,5"),
    ("hold_time", "1,000"),
    ("bias", "0.1 V"),
    ("amplitudes", "5 mV"),
    ("amplitudes", "0,5"),
]


@pytest.fixture(params=["en_US", "de_DE"])
def locale(request):
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def panel(theme, locale):
    made = ProceduresPanel(theme)
    made.set_rig(fake_bench.rig())
    made.choose("heating")
    yield made
    made.close()


def test_a_number_is_read_with_its_own_unit_and_as_any_keyboard_writes_it(panel):
    for name, text, value in PASTED:
        panel.form.fields[name].input.setText(text)
        assert panel.form.values()[name] == value, text


def test_another_unit_or_a_comma_that_may_mean_thousands_is_refused(panel):
    before = panel.form.typed()
    for name, text in REFUSED:
        panel.form.set(before)
        panel.form.fields[name].input.setText(text)
        assert not panel.check(), text
        assert panel.form.fields[name].problem, text


@pytest.mark.parametrize(
    ("text", "bias_V"), [("0,5", 0.5), ("\u22120.5 V", -0.5), ("0.5\u00a0V", 0.5), ("1e\u22123", 1e-3)]
)
def test_a_bias_by_hand_is_read_so_too(theme, locale, qtbot, text, bias_V):
    panel = RigPanel(theme)
    qtbot.addWidget(panel)
    panel.show_instruments(fake_bench.instruments())
    field = panel.sections["daq"].outputs["bias_V"]
    field.setText(text)
    with qtbot.waitSignal(panel.set_asked) as asked:
        field.returnPressed.emit()
    assert asked.args == ["daq", "bias_V", bias_V]


@pytest.mark.parametrize("text", ["0.5 mV", "500 m", "1,000", "1_0", "nan", "inf", ""])
def test_a_bias_that_is_not_clear_is_refused_in_words(theme, locale, qtbot, text):
    panel = RigPanel(theme)
    qtbot.addWidget(panel)
    panel.show_instruments(fake_bench.instruments())
    daq, asked = panel.sections["daq"], []
    panel.set_asked.connect(lambda *set_to: asked.append(set_to))
    daq.outputs["bias_V"].setText(text)
    daq.outputs["bias_V"].returnPressed.emit()
    assert asked == []
    assert daq.bias_said.text() == "Bias must be between \u22122 and 2 V."


@pytest.mark.parametrize(
    ("text", "ohm"),
    [("9990,5", 9990.5), ("10000 \u03a9", 1e4), ("10000 ohm", 1e4), ("10 kohm", None), ("10,000", None)],
)
def test_a_resistor_is_read_so_too(theme, locale, qtbot, text, ohm):
    page = CommissioningPage(theme)
    qtbot.addWidget(page)
    page.resistance.setText(text)
    request = page.request()
    assert (request and request["resistance_ohm"]) == ohm
