import numpy as np
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QSettings
from PyQt6.QtGui import QFontMetricsF, QPalette
from PyQt6.QtWidgets import QApplication, QTableWidget

from app.gui.panels.selection import CalmSelection
from app.gui.plots.heat_map import heat_map
from app.gui.widgets.colours import blend, contrast, even_map, lab, rgb
from app.gui.widgets.theme import DARK, LIGHT, Choice, Palette, Theme, tabular

PALETTES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=lambda colours: colours.name)


def test_contrast_of_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WCAG's well-known near miss
    assert contrast("#123456", "#123456") == 1.0
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_lab_of_known_colours() -> None:
    white, black, red = lab(np.stack([rgb("#ffffff"), rgb("#000000"), rgb("#ff0000")]))
    assert white == pytest.approx([100, 0, 0], abs=1e-3)
    assert black == pytest.approx([0, 0, 0], abs=1e-3)
    assert red == pytest.approx([53.24, 80.09, 67.20], abs=0.02)


def test_blend() -> None:
    assert blend("#ff0000", "#ffffff", 0.0) == "#ffffff"
    assert blend("#ff0000", "#ffffff", 1.0) == "#ff0000"
    assert blend("#000000", "#ffffff", 0.5) == "#808080"


@PALETTES
@pytest.mark.parametrize(
    "role",
    ["text", "quiet", "accent", "danger", "warning", "replay", "neutral", "positive_text", "negative_text"],
)
def test_text_can_be_read(colours: Palette, role: str) -> None:
    for background in (colours.window, colours.surface, colours.raised):
        assert contrast(getattr(colours, role), background) >= 4.5


@PALETTES
def test_text_can_be_read_where_a_recording_is_played(colours: Palette) -> None:
    for role in ("text", "quiet", "accent", "warning", "replay", "positive_text", "negative_text"):
        assert contrast(getattr(colours, role), colours.replay_window) >= 4.5


@PALETTES
def test_axes_grid_and_buttons(colours: Palette) -> None:
    assert contrast(colours.grid, colours.surface) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.on_danger, colours.danger_fill) >= 4.5
    for background in (colours.window, colours.surface, colours.raised):
        assert contrast(colours.outline, background) >= 3.0


@PALETTES
def test_data_stand_out(colours: Palette) -> None:
    data = (colours.positive, colours.negative, colours.positive_model, colours.negative_model, colours.data)
    for colour in (*data, colours.data_model, *colours.sequence):
        assert contrast(colour, colours.surface) >= 3.0


def test_polarity_is_that_of_okabe_and_ito() -> None:
    assert LIGHT.polarity(+1.0) == "#D55E00"
    assert LIGHT.polarity(-1.0) == "#0072B2"
    assert LIGHT.polarity(0.0) == LIGHT.neutral
    for sign in (-1.0, 1.0):
        assert contrast(DARK.polarity(sign), "#000000") > contrast(LIGHT.polarity(sign), "#000000")
        assert contrast(LIGHT.polarity(sign, model=True), "#ffffff") > contrast(
            LIGHT.polarity(sign), "#ffffff"
        )


@PALETTES
def test_counts_rise_evenly_from_the_background(colours: Palette) -> None:
    table = even_map(colours.heat)
    assert table[0] == pytest.approx(rgb(colours.surface), abs=1e-9)
    lightness = lab(table)[:, 0]
    steps = np.linalg.norm(np.diff(lab(table), axis=0), axis=1)
    assert np.all(np.diff(lightness) < 0) or np.all(np.diff(lightness) > 0)
    assert steps.max() / steps.min() < 1.5
    assert abs(lightness[-1] - lightness[0]) > 80


@PALETTES
def test_heat_map_is_the_even_one(colours: Palette) -> None:
    table = heat_map(colours).getLookupTable(nPts=256)
    assert np.abs(table / 255 - even_map(colours.heat)).max() < 1.01 / 255


def test_choice_is_remembered(qapp: QApplication, settings: QSettings) -> None:
    first = Theme(settings)
    heard: list[str] = []
    first.changed.connect(lambda: heard.append(first.palette.name))
    first.choose(Choice.DARK)
    first.choose(Choice.DARK)
    settings.sync()
    assert heard == ["dark"]
    assert Theme(settings).palette is DARK
    assert QApplication.palette().color(QPalette.ColorRole.Window).name() == DARK.window


def test_a_bad_choice_is_none(qapp: QApplication, settings: QSettings) -> None:
    settings.setValue("theme", "plaid")
    assert Theme(settings).choice is Choice.SYSTEM


def test_follows_the_system_only_when_asked(theme: Theme) -> None:
    theme.choose(Choice.LIGHT)
    theme._system_changed()
    assert theme.palette is LIGHT


def test_figures_have_equal_width(qapp: QApplication) -> None:
    font = tabular(qapp.font(), 22)
    widths = {round(QFontMetricsF(font).horizontalAdvance(digit * 4), 3) for digit in "0123456789"}
    assert len(widths) == 1
    assert font.pointSizeF() == 22


def test_a_table_that_is_gone_hears_of_no_theme(theme: Theme) -> None:
    table = QTableWidget()
    CalmSelection(table, theme)
    sip.delete(table)
    theme.choose(Choice.DARK)  # pytest-qt fails for an exception in a slot
