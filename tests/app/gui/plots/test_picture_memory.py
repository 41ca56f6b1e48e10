"""Memory that the pictures of a view leave behind: a night has some ten thousand of each."""

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PyQt6.QtGui import QImage

from app.gui.plots.curve import FEWEST_PIECES
from app.gui.plots.heating import HeatingPlot
from app.gui.plots.histogram import HistogramPlot
from app.gui.plots.panel import PlotPanel
from app.gui.plots.statistics import StatisticsPlot
from app.gui.plots.symbols import Symbols
from app.gui.widgets.theme import Theme
from app.viewmodels.histogram_snapshot import HistogramSnapshot
from tests.support.gui.looking import shown
from tests.support.recordings import synthetic

PICTURES = 20


def histogram(number: int) -> HistogramSnapshot:
    """Return a histogram with as many doubtful peaks as the number's last two bits say."""
    snapshot = synthetic.histogram()
    doubtful = [
        replace(synthetic.peak(), conductance_G0=3e-5 * 2.0**i, trusted=False, reasons=("too wide",))
        for i in range(number % 4)
    ]
    return replace(snapshot, peaks=(*snapshot.peaks, *doubtful))


@pytest.mark.parametrize(
    ("kind", "picture"),
    [
        (HistogramPlot, histogram),
        (HeatingPlot, lambda number: synthetic.heating(n=40 + number % 7)),
        (StatisticsPlot, lambda number: synthetic.statistics(seed=number % 5)),
    ],
    ids=["histogram", "heating", "statistics"],
)
def test_pictures_of_a_view_leave_no_objects_behind(
    qtbot, theme: Theme, kind: Any, picture: Callable[[int], Any]
) -> None:
    view = shown(qtbot, kind(theme))
    pictures = [picture(number) for number in range(PICTURES)]

    def draw_all() -> int:
        for snapshot in pictures:
            view.present(replace(snapshot))
            view.repaint()
        gc.collect()
        return len(gc.get_objects())

    draw_all()
    before = draw_all()
    assert draw_all() - before < PICTURES  # had been six a picture or more


def test_a_histogram_shows_the_peaks_of_the_last_picture_alone(qtbot, theme: Theme) -> None:
    """Layers of a picture with more peaks are neither seen nor exported with the next."""
    view, fresh = (shown(qtbot, HistogramPlot(theme)) for _ in range(2))
    for number in (3, 0, 2, 1):
        view.present(histogram(number))
    fresh.present(histogram(1))
    assert [layer.name for layer in view.panel.layers] == [layer.name for layer in fresh.panel.layers]
    assert view.panel.captions.texts == fresh.panel.captions.texts
    seen = {layer.item for layer in view.panel.layers}
    assert not [item for item in view.panel.inside.addedItems if item.isVisible() and item not in seen]
    assert view.grab().toImage() == fresh.grab().toImage()


@pytest.mark.parametrize("n", [0, 1, 5, FEWEST_PIECES, 150])
def test_points_look_like_those_of_pyqtgraph(qtbot, panel: PlotPanel, n: int) -> None:
    """Whatever was drawn before them."""
    rng = np.random.default_rng(n)
    x, y = rng.uniform(0.0, 1.0, (2, n))
    pen, brush = pg.mkPen("#000000"), pg.mkBrush("#d55e00")
    panel.set_home((0.0, 1.0), (0.0, 1.0))
    panel.refresh()

    def drawn(item: pg.ScatterPlotItem, numbers: list[int]) -> QImage:
        panel.inside.addItem(item, ignoreBounds=True)
        for number in numbers:
            item.setData(x[:number], y[:number], pen=pen, brush=brush, size=8)
            image = panel.grab().toImage()
        panel.inside.removeItem(item)
        return image

    assert drawn(Symbols(), [n, n // 2, n]) == drawn(pg.ScatterPlotItem(), [n])
    assert drawn(Symbols(), [n, n // 2]) == drawn(pg.ScatterPlotItem(), [n // 2])
