import csv
import re
from io import StringIO
from operator import attrgetter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QGuiApplication, QHelpEvent, QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QToolButton

from app.gui.plots.axis import AxisQuantity, ReadableAxis
from app.gui.plots.captions import Caption
from app.gui.plots.counts import Image, Steps
from app.gui.plots.export import drawing, export, plotted_table
from app.gui.plots.layers import Band, LineLayer, Points
from app.gui.plots.marks import Note, ShadedWindow, StraightLine
from app.gui.plots.panel import PlotPanel
from app.gui.widgets.theme import DARK, LIGHT, Choice, Theme

V = AxisQuantity("voltage", "<i>V</i>", "V")
NA = AxisQuantity("current", "<i>I</i>", "nA")
G = AxisQuantity("conductance", "<i>G</i>", "<i>G</i><sub>0</sub>", log=True)


ABOUT = {"Recording": "2026-11-21-iv-001.h5", "Sample": "Au <b> & Au", "Results": "G = (2.1 ± 0.2)×10⁻³ G₀"}


@pytest.fixture
def panel(qtbot, theme: Theme) -> PlotPanel:
    panel = PlotPanel(theme, "I-V", V, NA, "Curves appear here: press Run.", legend=True)
    qtbot.addWidget(panel)
    panel.resize(640, 480)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def drawn(panel: PlotPanel) -> LineLayer:
    line = panel.add(LineLayer("mean, <i>V</i> &gt; 0", attrgetter("positive")))
    line.set([0.0, 0.5, 1.0], [0.0, 40.0, 100.0])
    panel.refresh()
    return line


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


def test_a_short_axis_without_a_unit_shows_the_beginning_of_its_label(qapp) -> None:
    left = axis("left", AxisQuantity("samples", "samples in 0.7 to 1.1 <i>G</i>₀"))
    left.resize(60, 80)
    assert left.label.toPlainText().startswith("samples")
    assert left.label.toPlainText().endswith("…")
    assert left.label.boundingRect().width() <= 90


def test_says_what_will_appear_until_it_does(panel: PlotPanel) -> None:
    panel.refresh()
    assert panel.hint.text == "Curves appear here: press Run."
    assert not panel.grid_lines.isVisible()
    drawn(panel)
    assert panel.hint.text == ""
    assert panel.grid_lines.isVisible()


def test_labels_say_symbol_and_unit(panel: PlotPanel) -> None:
    assert panel.x_axis.label.toPlainText() == "V (V)"
    assert panel.y_axis.label.toPlainText() == "I (nA)"


def test_shows_all_data_and_resets(qtbot, panel: PlotPanel) -> None:
    line = drawn(panel)
    (x0, x1), (y0, y1) = panel.inside.viewRange()
    assert x0 <= 0.0 < 1.0 <= x1
    assert y0 <= 0.0 < 100.0 <= y1
    panel.inside.setRange(xRange=(0.2, 0.3), padding=0)
    panel.inside.sigRangeChangedManually.emit([True, True])
    line.set([0.0, 9.0], [0.0, 900.0])
    panel.refresh()
    assert panel.inside.viewRange()[0] == [0.2, 0.3]  # who looks closely is not disturbed
    centre = panel.mapFromScene(panel.inside.sceneBoundingRect().center())
    QTest.mouseDClick(panel.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    QTest.mouseRelease(panel.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert panel.inside.viewRange()[0][1] >= 9.0


def test_a_range_stands_still_while_data_grow_inside_it(panel: PlotPanel) -> None:
    line = drawn(panel)
    before = panel.inside.viewRange()
    line.set([0.0, 0.5, 1.0], [0.0, 42.0, 99.0])
    panel.refresh()
    assert panel.inside.viewRange() == before


def test_logarithmic_and_back(panel: PlotPanel) -> None:
    drawn(panel)
    panel.set_log(panel.y_axis, True)
    y = panel.layers[0].item.y
    assert y[1:] == pytest.approx([np.log10(40.0), 2.0])
    assert np.isnan(y[0])
    low, high = panel.inside.viewRange()[1]
    assert low < np.log10(40.0) < 2.0 < high
    panel.set_log(panel.y_axis, False)
    assert panel.layers[0].item.y == pytest.approx([0.0, 40.0, 100.0])


def test_crosshair_reads_in_units(panel: PlotPanel) -> None:
    drawn(panel)
    panel.point_at(0.5, 40.0)
    assert panel.reading.text.replace("\xa0", " ") == "V = 0.500 V,  I = 40.0 nA"
    panel.set_log(panel.y_axis, True)
    panel.point_at(0.5, np.log10(40.0))
    assert panel.reading.text.endswith("I = 40.0 nA")
    panel.copy_value()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text().startswith("V = 0.500 V")
    panel.unpoint()
    assert panel.reading.text == ""


def test_crosshair_follows_the_mouse(panel: PlotPanel) -> None:
    drawn(panel)
    place = panel.inside.mapViewToScene(QPointF(0.25, 50.0))
    panel.scene().sigMouseMoved.emit(place)
    assert not panel.cross[0].isVisible(), "there is no point near"
    panel.scene().sigMouseMoved.emit(panel.inside.mapViewToScene(QPointF(0.52, 44.0)))
    assert [line.value() for line in panel.cross] == pytest.approx([0.5, 40.0])
    panel.scene().sigMouseMoved.emit(QPointF(-5.0, -5.0))
    assert not panel.cross[0].isVisible()


def test_the_crosshair_reads_what_is_under_the_mouse_also_when_the_axes_change(panel: PlotPanel) -> None:
    line = drawn(panel)
    panel.scene().sigMouseMoved.emit(panel.inside.mapViewToScene(QPointF(0.5, 40.0)))
    panel.set_home(x=(0.0, 10.0))
    panel.refresh()
    assert not panel.cross[0].isVisible(), "its point is elsewhere now"
    panel.scene().sigMouseMoved.emit(panel.inside.mapViewToScene(QPointF(0.5, 40.0)))
    panel.set_log(panel.y_axis, True)
    panel.point_at(0.5, np.log10(40.0))
    assert [line.value() for line in panel.cross] == pytest.approx([0.5, np.log10(40.0)])
    line.set([0.0, 0.5, 1.0], [0.0, 40.0, 110.0])
    panel.refresh()
    assert panel.cross[1].value() == pytest.approx(np.log10(40.0))


def test_a_crosshair_that_the_axes_have_left_behind_is_gone(panel: PlotPanel) -> None:
    drawn(panel)
    panel.point_at(0.5, 40.0)
    panel.set_home(x=(0.4, 10.0))
    panel.refresh()
    assert panel.cross[0].isVisible()
    panel.set_home(x=(2.0, 10.0))
    panel.refresh()
    assert not panel.cross[0].isVisible()
    assert panel.reading.text == ""


def test_an_empty_plot_reads_nothing(panel: PlotPanel) -> None:
    panel.scene().sigMouseMoved.emit(panel.inside.sceneBoundingRect().center())
    assert not panel.cross[0].isVisible()
    assert panel.reading.text == ""


@pytest.mark.parametrize(("own", "stops"), [("", True), ("3 left out", False)])
def test_the_tool_tip_of_a_tab_is_not_that_of_its_plot(panel: PlotPanel, own: str, stops: bool) -> None:
    """An event that is taken goes no further; one that is not comes to the plot, which has a tip of its own."""
    drawn(panel)
    panel.setToolTip(own)
    viewport = panel.viewport()
    assert viewport is not None
    place = viewport.rect().center()
    event = QHelpEvent(QEvent.Type.ToolTip, place, viewport.mapToGlobal(place))
    panel.viewportEvent(event)
    assert event.isAccepted() == stops


def test_keys_move_the_crosshair(panel: PlotPanel) -> None:
    drawn(panel)
    other = panel.add(Points("other", attrgetter("negative")))
    other.set([0.1, 0.9], [10.0, 20.0], [1.0, 2.0])
    panel.refresh()
    alt = Qt.KeyboardModifier.AltModifier
    for key, point in (
        (Qt.Key.Key_Right, (0.1, 10.0)), (Qt.Key.Key_Right, (0.9, 20.0)), (Qt.Key.Key_Right, (0.9, 20.0)),
        (Qt.Key.Key_Up, (1.0, 100.0)), (Qt.Key.Key_Left, (0.5, 40.0)), (Qt.Key.Key_Down, (0.1, 10.0)),
    ):  # fmt: skip
        QTest.keyClick(panel, key, alt)
        assert [line.value() for line in panel.cross] == pytest.approx(point)
    assert panel.reading.text.replace("\xa0", " ").endswith("10.0 nA ± 1.0 nA,  other")
    QTest.keyClick(panel, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text().startswith("V = ")


def test_numbers_are_exported_as_they_were_given(panel: PlotPanel) -> None:
    drawn(panel)
    band = panel.add(Band("SD", attrgetter("positive")))
    band.set([0.0, 1.0], [-1.0, 90.0], [1.0, 110.0])
    rows = list(csv.reader(StringIO(plotted_table(panel))))
    assert rows[0] == [
        "mean, V > 0: voltage (V)",
        "mean, V > 0: current (nA)",
        "SD: voltage (V)",
        "SD: current (nA), lower",
        "SD: current (nA), upper",
    ]
    assert rows[2] == ["0.5", "40", "1", "90", "110"]
    assert rows[3] == ["1", "100", "", "", ""]


@pytest.mark.parametrize("suffix", ["png", "svg", "csv"])
def test_exports(tmp_path: Path, theme: Theme, panel: PlotPanel, suffix: str) -> None:
    drawn(panel)
    panel.origin = lambda: ABOUT
    theme.choose(Choice.DARK)
    said: list[str] = []
    panel.message.connect(said.append)
    path = tmp_path / f"plot.{suffix}"
    export(panel, path)
    assert said == [f"Exported I-V to {path}."]
    content = path.read_bytes()
    if suffix == "png":
        image = QImage(str(path))
        assert image.width() == 3 * panel.viewport().width()
        assert {name: image.text(name) for name in image.textKeys()} == {"Title": "I-V", **ABOUT}
        assert image.pixelColor(5, 5).name() == "#ffffff"
    elif suffix == "csv":
        head = [line for line in content.decode().splitlines() if line.startswith("# ")]
        assert head == ["# Title: I-V", *(f"# {name}: {text}" for name, text in ABOUT.items())]
        assert content.decode().splitlines()[len(head)].startswith('"mean, V > 0: voltage (V)"')
    else:
        origin = ElementTree.fromstring(content).findtext("{http://www.w3.org/2000/svg}metadata")
        assert origin == "\n".join(["Title: I-V", *(f"{name}: {text}" for name, text in ABOUT.items())])
        assert LIGHT.positive.lower().encode() in content.lower()
        assert DARK.positive.lower().encode() not in content.lower()
    assert panel.backgroundBrush().color().name() == DARK.surface  # the window is dark as before


def test_what_cannot_be_written_is_said(tmp_path: Path, panel: PlotPanel) -> None:
    said: list[str] = []
    panel.message.connect(said.append)
    path = tmp_path / "no such folder" / "plot.csv"
    export(panel, path)
    assert said == [f"Cannot write {path}: No such file or directory."]


def test_a_file_without_a_suffix_is_said_too(tmp_path: Path, panel: PlotPanel) -> None:
    said: list[str] = []
    panel.message.connect(said.append)
    export(panel, tmp_path / "plot.xyz")
    assert said == ["Cannot export to plot.xyz: use one of the file types png, svg, csv."]


def test_menu_has_everything_and_says_what_is(panel: PlotPanel) -> None:
    drawn(panel)
    panel.set_log(panel.y_axis, True)
    panel.menu.aboutToShow.emit()
    texts = [action.text().replace("&", "") for action in panel.menu.actions() if action.text()]
    assert [text.split("\t")[0] for text in texts] == [
        "Reset view", "Logarithmic x axis", "Logarithmic y axis", "Copy value", "Copy picture", "Copy numbers",
        "Export …",
    ]  # fmt: skip
    assert panel.menu.log_y.isChecked()
    assert not panel.menu.log_x.isChecked()
    assert not panel.menu.copy.isEnabled()
    panel.menu.log_y.trigger()
    assert not panel.y_axis.log


def test_icons_and_keys_do_what_the_menu_does(panel: PlotPanel) -> None:
    drawn(panel)
    buttons = panel.tools.findChildren(QToolButton)
    assert [button.toolTip() for button in buttons] == [
        "Show all data again (R, or a double click)", "Logarithmic x axis (X)", "Logarithmic y axis (Y)",
        "Copy the plot as a picture (P)", "Copy the numbers as a table (N)", "Save as picture, drawing or table (E)",
    ]  # fmt: skip
    axes = panel.inside.sceneBoundingRect()
    assert panel.tools.geometry().bottom() <= axes.top() and panel.tools.geometry().right() <= axes.right()
    count = panel.count.mapRectToScene(panel.count.boundingRect())
    assert count.right() <= panel.tools.x()
    QTest.mouseClick(buttons[2], Qt.MouseButton.LeftButton)
    assert panel.y_axis.log and buttons[2].isChecked()
    QTest.keyClick(panel, Qt.Key.Key_Y)
    assert not panel.y_axis.log and not buttons[2].isChecked()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    QTest.keyClick(panel, Qt.Key.Key_P)
    assert clipboard.image().width() == 3 * panel.viewport().width()
    QTest.keyClick(panel, Qt.Key.Key_N)
    assert clipboard.text().splitlines()[1] == "0\t0"


def test_a_plot_without_a_row_shows_its_icons_under_the_mouse_only(panel: PlotPanel) -> None:
    drawn(panel)
    panel.clearFocus()
    panel.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    panel.plotItem.layout.setContentsMargins(0, 4, 8, 0)
    QApplication.processEvents()
    assert not panel.tools.isVisible()
    panel.setFocus()
    QApplication.processEvents()
    assert panel.tools.isVisible()


def test_export_asks_without_stopping_the_window(qtbot, tmp_path: Path, panel: PlotPanel) -> None:
    drawn(panel)
    panel.origin = lambda: ABOUT
    dialog = panel.menu.ask()
    assert dialog.isVisible()
    assert Path(dialog.selectedFiles()[0]).stem == "2026-11-21-iv-001 I-V"
    dialog.filterSelected.emit("Numbers (*.csv)")
    assert dialog.defaultSuffix() == "csv"
    dialog.fileSelected.emit(str(tmp_path / "a.csv"))
    dialog.reject()
    assert (tmp_path / "a.csv").exists()


def test_right_click_opens_the_menu(qtbot, panel: PlotPanel) -> None:
    drawn(panel)
    asked: list[QPoint] = []
    panel.inside.menu_asked.disconnect()
    panel.inside.menu_asked.connect(asked.append)
    centre = panel.mapFromScene(panel.inside.sceneBoundingRect().center())
    QTest.mouseClick(panel.viewport(), Qt.MouseButton.RightButton, pos=centre)
    assert len(asked) == 1


def test_legend_and_count(panel: PlotPanel) -> None:
    drawn(panel)
    panel.set_count("64 junctions", "fit off by 1.3 %")
    panel.refresh()
    assert panel.count.text == "64 junctions · fit off by 1.3 %"
    assert "mean, V > 0" in panel.legend.text
    panel.resize(240, 160)
    QGuiApplication.processEvents()
    panel.refresh()
    assert panel.legend.text == ""
    assert panel.count.text == "64 junctions"
    assert "fit off by 1.3 %" in panel.toolTip()
    assert "mean" in panel.toolTip()


@pytest.mark.parametrize("width", [200, 300, 640])
def test_the_count_stands_above_the_axes_and_is_cut_at_its_end(panel: PlotPanel, width: int) -> None:
    drawn(panel)
    panel.set_count("412 traces, 23 left out & 9 not aligned", "up to 68 a cell")
    panel.resize(width, 300)
    QGuiApplication.processEvents()
    panel.refresh()
    box = panel.inside.sceneBoundingRect()
    count = panel.count.sceneBoundingRect()
    assert count.bottom() <= box.top()
    assert box.left() <= count.left() < count.right() <= box.right() + 0.5
    assert panel.count.text.startswith("412 traces")
    whole = panel.count.text == "412 traces, 23 left out & 9 not aligned · up to 68 a cell"
    assert whole == (width == 640)
    assert ("up to 68 a cell" in panel.toolTip()) == (width < 640)


def test_captions_stand_above_the_axes_beside_each_other(qtbot, theme: Theme) -> None:
    panel = PlotPanel(theme, "histogram", V, NA, captions=True)
    qtbot.addWidget(panel)
    panel.resize(640, 300)
    panel.show()
    drawn(panel)
    panel.set_count("412 traces")
    captions = [panel.add(Caption(name, attrgetter("data"))) for name in ("one", "two", "three")]
    captions[0].set(0.5, 40.0, "the most important peak")
    captions[1].set(0.75, 40.0, "one that is close by it")
    captions[2].set(0.76, 40.0, "one too many")
    panel.refresh()
    assert panel.captions.texts == ["the most important peak", "one that is close by it"]
    first, second = (words.sceneBoundingRect() for words in panel.captions._words[:2])
    box, count = panel.inside.sceneBoundingRect(), panel.count.sceneBoundingRect()
    assert not first.intersects(second)
    assert count.bottom() <= first.top()
    assert first.bottom() <= box.top() + 1.0
    leader = captions[0].item.getData()
    assert list(leader[0]) == [0.5, 0.5]
    assert list(leader[1]) == [40.0, panel.inside.viewRange()[1][1]]


def test_fine_screens_have_finer_lines_of_the_same_thickness(
    monkeypatch: pytest.MonkeyPatch, panel: PlotPanel
) -> None:
    line = drawn(panel)
    coarse = panel.frame()
    assert line.item.pen.widthF() == 1.0
    monkeypatch.setattr(panel, "devicePixelRatioF", lambda: 2.0)
    assert panel.frame().columns == pytest.approx(2 * coarse.columns, abs=1)
    panel.refresh()
    assert line.item.pen.widthF() == 2.0
    with panel.on_paper(3.0, thickness=1.5):
        assert panel.frame().columns == pytest.approx(3 * coarse.columns, abs=2)
        assert line.item.pen.widthF() == 1.5
    assert line.item.pen.widthF() == 2.0


def test_another_theme_recolours(theme: Theme, panel: PlotPanel) -> None:
    line = drawn(panel)
    assert line.item.pen.color().name() == LIGHT.positive.lower()
    theme.choose(Choice.DARK)
    assert line.item.pen.color().name() == DARK.positive.lower()
    assert panel.backgroundBrush().color().name() == DARK.surface
    assert panel.x_axis.textPen().color().name() == DARK.quiet


def test_long_lines_are_thinned_short_ones_are_not(panel: PlotPanel) -> None:
    line = drawn(panel)
    assert line.item.x.size == 3
    line.set(np.linspace(0, 1, 200_000), np.random.default_rng(0).standard_normal(200_000))
    panel.refresh()
    assert line.item.x.size < 3 * panel.width()


def test_only_what_has_changed_is_drawn_again(panel: PlotPanel) -> None:
    line = drawn(panel)
    before = line.item.x
    panel.refresh()
    assert line.item.x is before
    line.set([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 1.0, np.nan, 3.0, 4.0])
    panel.refresh()
    assert line.item.x is not before
    pieces = line.item._pieces.ndarray()
    assert pieces.tolist() == [[0.0, 0.0, 0.25, 1.0], [0.75, 3.0, 1.0, 4.0]], "nothing across the gap"
    line.set([0.0, 1.0], [0.0, 2.0])
    panel.refresh()
    assert len(line.item._pieces) == 0 and line.item._outline.count() == 2


def test_error_bars_are_one_standard_error(panel: PlotPanel) -> None:
    points = panel.add(Points("heat", attrgetter("negative")))
    points.set([1.0, 2.0], [10.0, 20.0], [1.0, np.nan])
    panel.refresh()
    x, y = points._bars.getData()
    assert (list(x), list(y)) == ([1.0, 1.0], [9.0, 11.0])
    assert points.spans() == ((1.0, 2.0), (9.0, 20.0))


def test_a_band_is_filled_between_its_limits_only(panel: PlotPanel) -> None:
    band = panel.add(Band("SD", attrgetter("positive"), opacity=1.0))
    band.set([0.0, 1.0, 2.0], [1.0, np.nan, 3.0], [2.0, 2.0, 5.0])
    panel.set_home(x=(-1.0, 3.0), y=(0.0, 6.0))
    panel.refresh()
    image = panel.grab().toImage()

    def colour(x: float, y: float) -> str:
        place = panel.mapFromScene(panel.inside.mapViewToScene(QPointF(x, y)))
        return image.pixelColor(place).name()

    assert colour(1.0, 2.8) == LIGHT.positive.lower()
    assert colour(1.0, 1.1) != LIGHT.positive.lower()
    assert colour(1.9, 1.0) != LIGHT.positive.lower()


def test_empty_cells_show_the_background(panel: PlotPanel) -> None:
    image = panel.add(Image("samples per cell"))
    image.set([0.0, 1.0, 2.0], [0.0, 1.0], np.array([[0], [100]]))
    panel.refresh()
    shade = image.shade(np.array([0.0, 1.0, 100.0]))
    assert shade[0] == 0.0
    assert Image.LEAST_SEEN < shade[1] < shade[2] <= 1.0
    shown = panel.grab().toImage()
    place = panel.mapFromScene(panel.inside.mapViewToScene(QPointF(0.3, 0.37)))
    assert shown.pixelColor(place).name() == LIGHT.surface


def test_steps_and_marks(panel: PlotPanel) -> None:
    steps = panel.add(Steps("histogram", attrgetter("data")))
    steps.set([0.0, 1.0, 2.0, 3.0], [0.0, 5.0, 0.0])
    assert steps.spans() == ((1.0, 2.0), (0.0, 5.0))
    rule = panel.add(
        StraightLine("noise", attrgetter("neutral"), at=float("nan"), upright=True, word="noise")
    )
    window = panel.add(ShadedWindow("bias window", attrgetter("accent")))
    note = panel.add(Note("peak", attrgetter("text")))
    panel.refresh()
    assert not rule.item.isVisible()
    assert not window.item.isVisible()
    assert not note.item.isVisible()
    rule.set(1.5)
    window.set(0.5, 1.0)
    note.set(1.5, 5.0, "peak")
    panel.refresh()
    assert rule.item.value() == 1.5
    assert window.item.getRegion() == (0.5, 1.0)
    assert note.item.isVisible()


def test_no_clip_of_a_text_cuts_what_is_drawn_later(panel: PlotPanel) -> None:
    """Qt's SVG never ends the clip that a text has set: none may set one inside the plot."""
    drawn(panel)
    panel.set_count("64 junctions")
    rule = panel.add(StraightLine("noise", attrgetter("neutral"), at=0.2, upright=True, word="noise"))
    note = panel.add(Note("peak", attrgetter("text")))
    note.set(0.5, 40.0, "peak")
    panel.refresh()
    assert rule.item.isVisible()
    text = drawing(panel).decode()
    whole = panel.viewport().rect()
    boxes = re.findall(
        r'<clipPath id="\w+">\s*<path[^>]* d="M([\d.-]+),([\d.-]+) L([\d.-]+),\S+ L\S+?,([\d.-]+) ', text
    )
    assert boxes
    for left, top, right, bottom in (tuple(map(float, box)) for box in boxes):
        wide, high = right - left > 0.8 * whole.width(), bottom - top > 0.8 * whole.height()
        assert wide or high, "a clip that is neither the plot's nor an axis'"
    assert 'font-family="' in text
    assert ', sans-serif"' in text


def test_a_legend_above_the_axes_covers_nothing_and_has_its_entries_in_rows(qtbot, theme: Theme) -> None:
    panel = PlotPanel(theme, "heat", V, NA, legend=True)
    qtbot.addWidget(panel)
    panel.resize(420, 380)
    panel.show()
    qtbot.waitExposed(panel)
    bare = panel.inside.height()
    for i in range(5):
        panel.add(LineLayer(f"name of model {i}", attrgetter("data"))).set([0.0, 1.0], [0.0, i])
    panel.refresh()
    QApplication.processEvents()
    legend = panel.legend.mapRectToScene(panel.legend.boundingRect())
    assert legend.bottom() <= panel.inside.sceneBoundingRect().top()
    assert legend.right() <= panel.inside.sceneBoundingRect().right()
    assert panel.legend.text.count("\n") == 2  # of two, two and one
    assert panel.inside.height() < bare
    panel.resize(420, 200)
    panel.refresh()
    assert panel.legend.text == ""
    assert "model 4" in panel.toolTip()


def test_the_crosshair_reads_letters_where_an_axis_has_words(qtbot, theme: Theme) -> None:
    x = AxisQuantity("displacement from the break", "displacement from the break", "nm", letter="Δ<i>z</i>")
    panel = PlotPanel(theme, "traces", x, NA)
    qtbot.addWidget(panel)
    panel.add(LineLayer("trace", attrgetter("data"))).set([0.0, 0.2, 1.0], [0.0, 0.5, 1.0])
    panel.refresh()
    panel.point_at(0.2, 0.5)
    assert panel.reading.text.replace("\N{NO-BREAK SPACE}", " ").startswith("Δz = 0.2")
    assert panel.x_axis.label.toPlainText() == "displacement from the break (nm)"
