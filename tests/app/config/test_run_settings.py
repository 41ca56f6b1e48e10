"""Settings of a run in a file: what was saved comes back, and a wrong file says what is wrong."""

from pathlib import Path

import pytest

from app.config.run_settings import load_run_settings, save_run_settings
from app.config.toml import FileError
from procedures.registry import PROCEDURES


def test_what_differs_from_the_defaults_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "BDNC.toml"
    defaults = {name: each.default for name, each in PROCEDURES["heating"]().parameter_objects().items()}
    save_run_settings(
        path, "heating", "Au–BDNC–Au", {**defaults, "amplitudes": (1.18, 1.27), "conductance": 0.002}
    )

    settings = load_run_settings(path)

    assert (settings.procedure, settings.sample) == ("heating", "Au–BDNC–Au")
    assert settings.values == {"amplitudes": [1.18, 1.27], "conductance": 0.002}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('procedure = "juggling"', "there is no procedure 'juggling'"),
        ('procedure = "heating"\n[values]\namplitude = 1.0', "amplitude"),
        ('procedure = "heating"\n[values]\nholds = -3', "holds"),
        ("procedure = 3", "procedure"),
        ('procedure = "heating"\nvalue = 1', "value"),
        ("procedure = [", "TOML"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)

    with pytest.raises(FileError, match=why) as refused:
        load_run_settings(path)
    assert str(path) in str(refused.value)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="can't be written"):
        save_run_settings(tmp_path / "missing" / "run.toml", "heating", "", {})
