"""Ticks and labels of axes."""

import numpy as np
import pytest

from app.gui.plots.axis import AxisQuantity, ReadableAxis
from app.gui.plots.heading import without_markup
from app.gui.plots.panel import PlotPanel
from tests.support.gui.plotted import G, V


def axis(orientation: str, quantity: AxisQuantity) -> ReadableAxis:
    return ReadableAxis(orientation, quantity)


@pytest.mark.parametrize(
    ("quantity", "low", "high", "pixels", "labels"),
    [
        (V, -1.2, 1.2, 600, ["−1.0", "−0.5", "0.0", "0.5", "1.0"]),
        (V, 0.0, 30000.0, 300, ["0", "10000", "20000", "30000"]),
        (G, -6.0, 0.5, 600, ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]),
        (G, -6.0, 1.0, 230, ["10⁻⁶", "10⁻³", "10⁰"]),
        (G, 0.0, 1.5, 600, ["1", "2", "5", "10", "20"]),
        (G, 2.5, 4.0, 600, ["500", "1000", "2000", "5000"]),
        (G, -2.0, np.log10(0.0201), 300, ["0.012", "0.014", "0.016", "0.018"]),
    ],
)
def test_ticks_can_be_read(
    qapp, quantity: AxisQuantity, low: float, high: float, pixels: float, labels: list[str]
) -> None:
    bottom = axis("bottom", quantity)
    spacing, values = bottom.tickValues(low, high, pixels)[0]
    assert spacing is not None
    assert bottom.tickStrings(values, 1.0, spacing) == labels


@pytest.mark.parametrize(
    ("quantity", "low", "high"),
    [(V, 0.0, 1e-7), (V, -3.0, 4e5), (V, 412.30, 412.31), (G, 0.0, 1e-7), (G, 1.230, 1.231), (G, -9.0, 3.0)],
)
@pytest.mark.parametrize("pixels", [40, 90, 400, 3000])
def test_ticks_lie_inside_and_are_few(
    qapp, quantity: AxisQuantity, low: float, high: float, pixels: float
) -> None:
    left = axis("left", quantity)
    levels = left.tickValues(low, high, pixels)
    values = levels[0][1]
    room = 1e-6 * (high - low)
    assert len(values) <= 9
    assert all(low - room <= v <= high + room for level in levels for v in level[1])
    assert len(set(left.tickStrings(values, 1.0, levels[0][0] or 0.0))) == len(values)


@pytest.mark.parametrize("pixels", [44, 52, 60])
@pytest.mark.parametrize(
    ("quantity", "low", "high"),
    [(V, 41.2, 46.4), (V, -0.005, 0.105), (V, 8.1, 11.3), (V, -1.14, 1.14), (V, 0.0, 0.4), (G, -6.3, 1.2),
     (G, -4.0, -1.8), (G, -5.6, 0.6)],
)  # fmt: skip
def test_the_axis_of_a_strip_tells_its_scale(
    qapp, quantity: AxisQuantity, low: float, high: float, pixels: float
) -> None:
    """One label says nothing; pyqtgraph leaves out those that reach beyond the axis."""
    left = axis("left", quantity)
    spacing, values = left.tickValues(low, high, pixels)[0]
    room = 7.0 / pixels * (high - low)
    inside = [value for value in values if low + room <= value <= high - room]
    assert len(inside) >= 2
    apart = np.diff(inside) * pixels / (high - low)
    assert apart.min() >= 13.9
    assert len(set(left.tickStrings(values, 1.0, spacing or 0.0))) == len(values)


@pytest.mark.parametrize(
    ("height", "text", "opacity"), [(200, "thermocouple (µV)", 1.0), (40, "µV", 1.0), (5, "µV", 0.0)]
)
def test_a_short_axis_keeps_its_unit(qapp, height: int, text: str, opacity: float) -> None:
    left = axis("left", AxisQuantity("thermocouple", "thermocouple", "µV"))
    left.resize(60, height)
    assert left.label.toPlainText() == text
    assert left.label.opacity() == opacity


def test_a_row_lower_than_its_unit_on_its_side_shows_it_upright(qapp) -> None:
    left = axis("left", AxisQuantity("thermocouple", "thermocouple", "µV"))
    left.resize(60, 15)
    assert (left.label.toPlainText(), left.label.opacity(), left.label.rotation()) == ("µV", 1.0, 0.0)
    left.resize(60, 200)
    assert (left.label.toPlainText(), left.label.rotation()) == ("thermocouple (µV)", -90.0)


@pytest.mark.parametrize(
    ("height", "text"),
    [(200, "samples in 0.7 to 1.1 G₀"), (110, "samples"), (80, "samples"), (20, "")],
)
def test_a_short_axis_without_a_unit_keeps_whole_words(qapp, height: int, text: str) -> None:
    left = axis("left", AxisQuantity("samples", "samples in 0.7 to 1.1 <i>G</i>₀"))
    left.resize(60, height)
    assert left.label.toPlainText() == text
    assert without_markup(left.words_cut) == ("" if height == 200 else "samples in 0.7 to 1.1 G₀")


def test_a_phrase_gives_way_to_its_symbol_and_that_to_the_unit(qapp) -> None:
    left = axis("left", AxisQuantity("coefficient", "Peltier coefficient <i>Π</i>", "mV", letter="<i>Π</i>"))
    for height, text in ((200, "Peltier coefficient Π (mV)"), (80, "Π (mV)"), (30, "mV")):
        left.resize(60, height)
        assert left.label.toPlainText() == text


def test_labels_say_symbol_and_unit(panel: PlotPanel) -> None:
    assert panel.x_axis.label.toPlainText() == "V (V)"
    assert panel.y_axis.label.toPlainText() == "I (nA)"
