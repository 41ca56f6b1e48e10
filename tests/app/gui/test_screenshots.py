"""The program that draws the pictures for people still draws them: one of each way to make a widget."""

from pathlib import Path

import pytest
from PyQt6.QtGui import QImage

from tests.screenshots import DOCUMENTED, WINDOW, main, pictures

IMAGES = Path(__file__).parents[3] / "docs" / "images"


def test_pictures_are_drawn_light_and_dark(tmp_path, qapp, capsys):
    names = ["iv", "status", "status-replay", "failure-lost"]
    assert main([str(tmp_path), *names]) == 0
    written = capsys.readouterr().out.split()
    assert len(written) == 10, "I-V in two sizes, each line and the failure in one, light and dark"
    light, dark = (QImage(str(tmp_path / f"status-1400-{look}.png")) for look in ("light", "dark"))
    assert light.pixelColor(2, 2).lightness() > dark.pixelColor(2, 2).lightness() + 100


def test_pictures_of_the_documentation_can_be_renewed():
    made = pictures()
    assert all(WINDOW in made[name][1] for name in DOCUMENTED.values())
    assert {file.stem for file in IMAGES.glob("gui-*.png")} == set(DOCUMENTED)


def test_a_picture_that_does_not_exist_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path), "histogramm"])
    assert "there is no picture histogramm" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
