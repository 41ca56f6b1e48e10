"""Presets of the user in a folder, and settings of amplifiers in a file."""

import pytest

from app.config.amplifier_settings import load_amplifier_settings, save_amplifier_settings
from app.config.own_presets import delete_preset, own_presets, save_preset
from app.config.toml import FileError


def test_presets_are_saved_replaced_listed_by_procedure_and_deleted(tmp_path):
    folder = tmp_path / "lab" / "presets"
    assert own_presets(folder, "iv") == {}
    path = save_preset(folder, " BDNC slow ", "iv", "Au-BDNC", {"peak": 1.2, "curves": 100})
    assert path == folder / "BDNC slow.toml"
    save_preset(folder, "BDNC slow", "iv", "Au-BDNC", {"peak": 1.3})
    save_preset(folder, "traces", "break-junction", "", {"traces": 7})
    (folder / "broken.toml").write_text("procedure = 3", "utf-8")
    (preset,) = own_presets(folder, "iv").values()
    assert (preset.sample, preset.values) == ("Au-BDNC", {"peak": 1.3})
    with pytest.raises(FileError, match="a preset 'traces' of break-junction already"):
        save_preset(folder, "traces", "iv", "", {"peak": 1.0})
    delete_preset(folder, "BDNC slow")
    assert own_presets(folder, "iv") == {}
    with pytest.raises(FileError, match="can't be deleted"):
        delete_preset(folder, "BDNC slow")


@pytest.mark.parametrize("name", ["", "  ", "../up", "a/b", "a:b", ".hidden", "dot."])
def test_a_name_that_is_no_file_s_is_refused(tmp_path, name):
    with pytest.raises(FileError, match="can't be the name of a preset"):
        save_preset(tmp_path, name, "iv", "", {})
    assert not list(tmp_path.iterdir())


def test_settings_of_amplifiers_come_back(tmp_path):
    settings = {"current_amplifier": {"gain_V_per_A": 1e6}, "voltage_preamplifier": {"lowpass_Hz": 300.0}}
    save_amplifier_settings(tmp_path / "low.toml", settings)
    assert load_amplifier_settings(tmp_path / "low.toml") == settings
    (tmp_path / "rig.toml").write_text("[daq]\nrate_Hz = 1", "utf-8")
    with pytest.raises(FileError, match=r"rig\.toml"):
        load_amplifier_settings(tmp_path / "rig.toml")
