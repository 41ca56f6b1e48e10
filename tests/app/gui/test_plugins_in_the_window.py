"""Procedures and views of plug-ins are offered and shown in the window; the code is that of the guides."""

import numpy as np
import pytest

from analysis.recording import RecordedChannel, RunHeader
from analysis.records import Trace
from app.gui.panels.procedures import ProceduresPanel
from app.gui.widgets.focus import in_sight
from app.gui.windows.rig_window import RigWindow
from app.gui.windows.view_tabs import ViewTabs, shortcut_of, tabs
from app.plugins import PluginError
from app.server.job_text import title_of
from app.viewmodels.registry import VIEWS
from app.viewmodels.session import Session
from app.viewmodels.session_result import result_of
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


VIEW = "how-to/add-a-view.md"


@pytest.fixture
def lengths(tmp_path):
    files = {"lengths_view.py": definition(VIEW), "_lengths_plot.py": definition(VIEW, 1)}
    with plugins(tmp_path / "plugins", files, VIEWS, load=True):
        yield


def session_of_a_trace():
    """A session of a recording of traces without samples, as one is replayed."""
    session = Session(RunHeader("import", (RecordedChannel("conductance", "G0"),), float("nan")))
    session.feed(Trace(0, (0, 2), np.array([0.0, 1e-9]), np.array([1.0, 0.0]), 0.1, "open"))
    return session


def test_the_view_is_fed_drawn_and_saved(lengths, theme, qtbot):
    session = session_of_a_trace()
    unchanged = session.views["Lengths"].snapshot()
    np.testing.assert_array_equal(unchanged.lengths_m, [1e-9])
    session.settle()
    assert session.views["Lengths"].snapshot() is unchanged
    assert result_of(session)["views"] == {"Lengths": [1e-9]}
    area = ViewTabs(theme)
    area.resize(900, 700)
    area.show()

    area.raise_tab(tabs().index("Lengths"))
    assert area.front == "Lengths"
    area.paint(session)

    assert shortcut_of("Lengths") == ""  # the built-in ones have all nine keys
    assert area.docks["Lengths"].toolTip() == "Lengths of the traces"
    assert not area.views["Lengths"].panel.is_empty
    area.close()


def test_a_view_that_fails_does_not_stop_the_others(lengths, monkeypatch, caplog):
    monkeypatch.delattr(VIEWS["Lengths"], "add")
    monkeypatch.setattr(VIEWS["Lengths"], "add", lambda view, record: 1 / 0, raising=False)

    session = session_of_a_trace()

    assert session.trace.snapshot().traces == 1
    assert "The view Lengths failed and stays as it is" in caplog.text


def test_a_layout_with_a_view_whose_plug_in_is_gone_opens_with_a_sentence(tmp_path, theme, settings, qtbot):
    files = {"lengths_view.py": definition(VIEW), "_lengths_plot.py": definition(VIEW, 1)}
    with plugins(tmp_path / "plugins", files, VIEWS, load=True):
        window = RigWindow(theme, settings)
        window.show()
        window.area.raise_tab(tabs().index("Lengths"))
        assert window.area.front == "Lengths"
        assert "saved layout" not in window.messages.text
        window.close()

    window = RigWindow(theme, settings)
    window.show()

    assert (
        window.messages.text == "Lengths: in the saved layout, but no plug-in that is loaded has such a view."
    )
    qtbot.waitUntil(lambda: in_sight(window.area.views[window.area.front]))
    window.close()
    again = RigWindow(theme, settings)
    assert "saved layout" not in again.messages.text  # the layout that was saved last is without it
    again.close()


def test_a_plot_that_cannot_be_loaded_is_a_sentence(tmp_path, theme):
    with (
        plugins(tmp_path / "plugins", {"lengths_view.py": definition(VIEW)}, VIEWS, load=True),
        pytest.raises(
            PluginError, match="View Lengths: ModuleNotFoundError: No module named '_lengths_plot'"
        ),
    ):
        ViewTabs(theme)
