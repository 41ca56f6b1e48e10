import pytest
from PyQt6.QtWidgets import QFileDialog

from app.gui.dialogs.rig_settings import load_amplifiers, save_amplifiers
from app.gui.dialogs.run_settings import delete_own_preset, load_settings, save_as_preset, save_settings
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


def test_a_preset_of_one_s_own_is_saved_chosen_changed_reset_and_deleted(panel, tmp_path, monkeypatch):
    heard = []

    def say(text, level):
        heard.append(text)

    tmp_path = panel.presets.folder = tmp_path / "presets"
    panel.choose("break-junction")
    panel.form.fields["traces"].set("77")
    panel.sample.setText("tip 14")
    asked = []
    monkeypatch.setattr(
        "app.gui.dialogs.run_settings.asked_text", lambda *words: (asked.extend(words), "Au – Au")[1]
    )
    save_as_preset(panel, say)
    assert asked[2] == f"Name of the preset of {panel.procedure.currentText()}:"
    assert panel.name not in asked[2]
    assert panel.presets.own_name == "Au – Au"
    assert heard[-1].startswith(f"Preset Au – Au: {tmp_path / 'Au – Au.toml'}.")
    assert not panel.presets.reset.isEnabled()
    panel.choose("iv")
    assert panel.preset.findData("own: Au – Au") < 0, "of another procedure"
    panel.choose("break-junction")
    panel.presets.choose_own("Au – Au")
    panel.form.fields["traces"].set("5")
    assert panel.preset.currentText() == "Au – Au (changed)"
    panel.presets.reset.click()
    assert (panel.form.values()["traces"], panel.sample.text()) == (77, "tip 14")
    answers = [False, True]
    monkeypatch.setattr("app.gui.dialogs.run_settings.agreed", lambda *words: answers.pop(0))
    delete_own_preset(panel, say)
    assert panel.presets.own_name == "Au – Au", "thought better of"
    delete_own_preset(panel, say)
    assert (panel.presets.own_name, list(tmp_path.iterdir())) == ("", [])
    delete_own_preset(panel, say)
    assert heard[-1].startswith("Choose one of your own presets")


def test_settings_of_amplifiers_are_saved_and_set_where_they_differ(panel, tmp_path, monkeypatch):
    path, heard, asked = tmp_path / "low noise.toml", [], []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *words: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *words: (str(path), ""))
    kept = {"current_amplifier": {"gain_V_per_A": 1e6}, "voltage_preamplifier": {"gain": 5e4}}

    def say(text, level):
        heard.append(text)

    save_amplifiers(panel, kept, say)
    now = {"current_amplifier": {"gain_V_per_A": 1e5}, "voltage_preamplifier": {"gain": 5e4}}
    load_amplifiers(panel, now, lambda *change: asked.append(change), say)
    assert asked == [("current_amplifier", "gain_V_per_A", 1e6)]
    load_amplifiers(panel, kept, lambda *change: asked.append(change), say)
    load_amplifiers(panel, {"current_amplifier": {}}, lambda *change: asked.append(change), say)
    assert len(asked) == 1
    gone = "current_amplifier.gain_V_per_A, voltage_preamplifier.gain"
    assert heard == [
        f"The amplifier settings are in {path}.",
        "The amplifiers are set like this already.",
        f"{path}: this rig has no {gone} to set; nothing was changed.",
    ]
