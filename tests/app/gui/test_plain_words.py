"""Words of the window, as a tired operator reads them: no names of the code, no powers of ten, no wrong plurals."""

import pytest

from app.gui.dialogs.hold_until import HoldDialog
from app.gui.dialogs.import_dialog import ImportDialog
from app.viewmodels.registry import tabs
from app.viewmodels.wording import bounds
from procedures.registry import PROCEDURES
from tests.support.gui import windows
from tests.support.gui.words import raw, texts


@pytest.fixture
def window(theme, settings, qtbot):
    shown = windows.rig_window(
        theme, settings, windows.made_session(), 0, "heating", windows.JOBS, windows.SENTENCES
    )
    qtbot.addWidget(shown)
    return shown


def test_every_text_of_every_tab_form_and_dialog_is_plain(window, qtbot):
    shown: set[str] = set()
    session = window.session
    for number in range(len(tabs())):
        window.area.raise_tab(number)
        window.area.paint(session)
    form = window.procedures
    for index in range(form.procedure.count()):
        form.procedure.setCurrentIndex(index)
        form.check()
        shown.update(texts(form))
    shown.update(texts(window))
    window.show_keys()
    for dialog in (HoldDialog(["chamber_pressure"]), ImportDialog("")):
        qtbot.addWidget(dialog)
        shown.update(texts(dialog))

    assert len(shown) > 500
    assert [line for text in sorted(shown) for line in raw(text)] == []


@pytest.mark.parametrize(
    ("procedure", "parameter", "range_"),
    [
        ("heating", "conductance", "10⁻⁸ to 20 G₀"),
        ("break-junction", "traces", "1 to 1\u202f000\u202f000"),
        ("heating", "bias", "−2000 to 2000 mV"),
        ("control-dummy-resistor", "resistance", "1 kΩ to 1 TΩ"),
        ("iv", "peak", "0.001 to 10 V"),
    ],
)
def test_the_range_of_a_parameter_is_written_for_people(procedure, parameter, range_):
    assert bounds(PROCEDURES[procedure]().parameter_objects()[parameter]) == range_


@pytest.mark.parametrize(
    "text",
    ["withdraw_speed = 3", "1e-08 to 20", "{'a': 1}", "1 holds kept", "Save...", "-5 mV", "T_tip above T"],
)
def test_what_is_raw_is_found(text):
    assert raw(text)


@pytest.mark.parametrize(
    "text",
    [
        "21 holds, 1 hold",
        "TCPIP0::127.0.0.1,1::gpib0,22::INSTR",
        "2026-11-21 14:02",
        "−5 mV, 10⁻⁸",
        "I-V, +0--0+",
    ],
)
def test_what_is_plain_is_not(text):
    assert raw(text) == []
