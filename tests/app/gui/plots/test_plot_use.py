"""A plot under mouse and keys: ranges, crosshair, menu, icons, tool tips."""

from operator import attrgetter

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QGuiApplication, QHelpEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QToolButton

from app.gui.plots.axis import AxisQuantity
from app.gui.plots.layers import LineLayer, Points
from app.gui.plots.panel import PlotPanel
from app.gui.widgets.theme import Theme
from tests.support.gui.plotted import NA, drawn


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


def test_the_crosshair_reads_letters_where_an_axis_has_words(qtbot, theme: Theme) -> None:
    x = AxisQuantity("displacement from the break", "displacement from the break", "nm", letter="Δ<i>z</i>")
    panel = PlotPanel(theme, "traces", x, NA)
    qtbot.addWidget(panel)
    panel.add(LineLayer("trace", attrgetter("data"))).set([0.0, 0.2, 1.0], [0.0, 0.5, 1.0])
    panel.refresh()
    panel.point_at(0.2, 0.5)
    assert panel.reading.text.replace("\N{NO-BREAK SPACE}", " ").startswith("Δz = 0.2")
    assert panel.x_axis.label.toPlainText() == "displacement from the break (nm)"


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


def test_right_click_opens_the_menu(qtbot, panel: PlotPanel) -> None:
    drawn(panel)
    asked: list[QPoint] = []
    panel.inside.menu_asked.disconnect()
    panel.inside.menu_asked.connect(asked.append)
    centre = panel.mapFromScene(panel.inside.sceneBoundingRect().center())
    QTest.mouseClick(panel.viewport(), Qt.MouseButton.RightButton, pos=centre)
    assert len(asked) == 1
