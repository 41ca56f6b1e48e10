"""What is drawn in a plot: lines, bands, counts, marks, and the words around them."""

from operator import attrgetter

import numpy as np
import pytest
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication

from app.gui.plots.captions import Caption
from app.gui.plots.counts import Image, Steps
from app.gui.plots.layers import Band, LineLayer, Points
from app.gui.plots.marks import Note, ShadedWindow, StraightLine
from app.gui.plots.panel import PlotPanel
from app.gui.widgets.theme import DARK, LIGHT, Choice, Theme
from tests.support.gui.plotted import NA, V, drawn


def test_says_what_will_appear_until_it_does(panel: PlotPanel) -> None:
    panel.refresh()
    assert panel.hint.text == "Curves appear here: press Run."
    assert not panel.grid_lines.isVisible()
    drawn(panel)
    assert panel.hint.text == ""
    assert panel.grid_lines.isVisible()


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
    assert line.item._pieces.tolist() == [[0.0, 0.0, 0.25, 1.0], [0.75, 3.0, 1.0, 4.0]], "nothing across"
    line.set([0.0, 1.0], [0.0, 2.0])
    panel.refresh()
    assert len(line.item._pieces) == 0 and line.item._outline.count() == 2


def test_error_bars_are_one_standard_error(panel: PlotPanel) -> None:
    points = panel.add(Points("heat", attrgetter("negative")))
    points.set([1.0, 2.0], [10.0, 20.0], [1.0, np.nan])
    panel.refresh()
    assert points._bars._pieces.tolist() == [[1.0, 9.0, 1.0, 11.0]]
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
