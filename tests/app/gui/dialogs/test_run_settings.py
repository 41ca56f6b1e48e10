import pytest
from PyQt6.QtWidgets import QFileDialog

from app.gui.dialogs.run_settings import load_settings, save_settings
from app.gui.panels.procedures import ProceduresPanel
from tests.support.gui import fake_bench


@pytest.fixture
def panel(theme):
    made = ProceduresPanel(theme)
    made.set_rig(fake_bench.rig())
    yield made
    made.close()


def test_settings_go_to_a_file_and_come_back(panel, tmp_path, monkeypatch):
    path, heard = tmp_path / "mine.toml", []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *words: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *words: (str(path), ""))
    panel.choose("break-junction")
    panel.form.fields["traces"].set("77")
    panel.sample.setText("tip 14")
    save_settings(panel, lambda text, level: heard.append(text))
    panel.choose("heating")

    load_settings(panel, lambda text, level: heard.append(text))

    assert (panel.name, panel.form.values()["traces"], panel.sample.text()) == (
        "break-junction",
        77,
        "tip 14",
    )
    assert heard == [f"The settings are in {path}."]


def test_what_goes_wrong_is_said(panel, tmp_path, monkeypatch):
    path, heard = tmp_path / "other.toml", []
    path.write_text("procedure = 3")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *words: (str(path), ""))
    before = panel.name

    load_settings(panel, lambda text, level: heard.append(text))

    assert panel.name == before and str(path) in heard[0]
