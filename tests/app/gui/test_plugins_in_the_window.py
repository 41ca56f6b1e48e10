"""What a plug-in brings is offered and shown in the window; the code is that of the guides."""

import pytest

from analysis.recording import RecordedChannel, RunHeader
from app.gui.panels.job_text import title_of
from app.gui.panels.procedures import ProceduresPanel
from app.gui.windows.view_tabs import ViewTabs
from app.viewmodels.session import Session
from procedures.registry import PROCEDURES
from tests.docs.pages import definition
from tests.support.gui import fake_bench
from tests.support.plugins import plugins


@pytest.fixture
def open_noise(tmp_path):
    with plugins(
        tmp_path / "plugins",
        {"open_noise.py": definition("how-to/add-a-procedure.md")},
        PROCEDURES,
        load=True,
    ):
        yield


def test_the_form_offers_the_procedure_with_its_preset(open_noise, theme):
    panel = ProceduresPanel(theme)
    panel.set_rig(fake_bench.rig())
    panel.choose("open-noise")
    assert panel.procedure.currentText() == "Noise of an open junction"
    assert panel.what.text() == "Record the noise of an open junction at several biases."

    panel.preset.setCurrentIndex(panel.preset.findData("Three biases"))

    assert panel.form.values() == {"biases": (0.0, 50.0, 100.0), "time": 20.0}
    assert panel.check() and panel.verdict.text() == "3 stretches, about 60 s"
    panel.form.fields["time"].set(30)
    assert "(changed)" in panel.preset.currentText()
    panel.choose("iv")
    assert panel.preset.currentData() == "Defaults"  # it is no preset of this procedure
    assert panel.preset.findData("Three biases") < 0
    panel.close()


def test_its_view_is_raised_and_its_job_has_its_label(open_noise, theme, qtbot):
    area = ViewTabs(theme)
    area.resize(900, 700)
    area.show()
    header = RunHeader("open-noise", (RecordedChannel("current", "V"),), 1000.0)

    area.raise_view_of(Session(header))

    qtbot.waitUntil(lambda: area.front == "Noise")
    assert title_of({"procedure": "open-noise", "values": {}}) == "Noise of an open junction"
    area.close()
