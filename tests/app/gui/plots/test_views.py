"""Each view by table: what it draws of a snapshot, what it says without one, and that it paints only when seen."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QApplication, QTabWidget

from app.gui.plots.heating import HeatingPlot
from app.gui.plots.histogram import HistogramPlot
from app.gui.plots.iv import IVPlot
from app.gui.plots.noise import NoisePlot
from app.gui.plots.strips import StripsView
from app.gui.plots.trace import TraceView
from app.gui.plots.transmission import TransmissionPlot
from app.gui.widgets.theme import Choice, Theme
from app.viewmodels.heating_view import HeatingSnapshot
from app.viewmodels.histogram_snapshot import HistogramSnapshot
from app.viewmodels.iv_view import IVSnapshot
from app.viewmodels.noise_view import NoiseSnapshot
from app.viewmodels.strips import StripCharts
from app.viewmodels.transmission_view import TransmissionSnapshot
from tests.support.gui.looking import shown
from tests.support.recordings import synthetic

KINDS = [
    (StripsView, synthetic.strips, StripCharts().snapshot),
    (TraceView, synthetic.traces, lambda: replace(synthetic.traces(), under_way=None, last=(), traces=0)),
    (HistogramPlot, synthetic.histogram, HistogramSnapshot),
    (IVPlot, synthetic.iv, IVSnapshot),
    (HeatingPlot, synthetic.heating, HeatingSnapshot),
    (TransmissionPlot, synthetic.transmission, TransmissionSnapshot),
    (NoisePlot, synthetic.noise, NoiseSnapshot),
]
EACH = pytest.mark.parametrize(("kind", "full", "empty"), KINDS, ids=lambda x: getattr(x, "__name__", "?"))


@EACH
def test_empty_says_what_will_appear_and_how(qtbot, theme: Theme, kind, full, empty) -> None:
    view = shown(qtbot, kind(theme))
    view.present(empty())
    texts = [panel.hint.text for panel in view.panels]
    assert any("appear" in text or "grows" in text for text in texts)
    assert any(word in text for text in texts for word in ("run", "Run", "load", "press"))
    view.present(full())
    assert [panel.hint.text for panel in view.panels] == [""] * len(view.panels)
    view.present(empty())
    assert [panel.hint.text for panel in view.panels] == texts


@EACH
def test_axes_have_labels_with_units_and_panels_names(qtbot, theme: Theme, kind, full, empty) -> None:
    view = shown(qtbot, kind(theme))
    for panel in view.panels:
        assert panel.accessibleName()
        for axis in (panel.x_axis, panel.y_axis):
            assert axis.quantity.symbol
    assert len({panel.title for panel in view.panels}) == len(view.panels)


@EACH
def test_draws_only_when_seen_and_only_what_changed(qtbot, theme: Theme, kind, full, empty) -> None:
    tabs = QTabWidget()
    qtbot.addWidget(tabs)
    view, other = kind(theme), IVPlot(theme)
    tabs.addTab(other, "other")
    tabs.addTab(view, "this")
    tabs.resize(900, 500)
    tabs.show()
    qtbot.waitExposed(tabs)
    snapshot = full()
    assert not view.present(snapshot)
    assert all(panel.is_empty for panel in view.panels)
    tabs.setCurrentWidget(view)
    assert not any(panel.is_empty for panel in view.panels)
    assert not view.present(snapshot)
    assert view.present(replace(snapshot))  # an equal one, but new


@EACH
@pytest.mark.parametrize("size", [(1400, 900), (480, 300), (240, 120)])
def test_any_size_and_both_themes(qtbot, theme: Theme, kind, full, empty, size: tuple[int, int]) -> None:
    view = shown(qtbot, kind(theme), *size)
    view.present(full())
    for choice in (Choice.DARK, Choice.LIGHT):
        theme.choose(choice)
        image = view.grab().toImage()
        assert image.pixelColor(image.width() // 2, 3).isValid()
        panel = view.panels[0]
        assert panel.backgroundBrush().color().name() == theme.palette.surface


@EACH
def test_leaves_nothing_behind(qtbot, theme: Theme, kind, full, empty) -> None:
    view = kind(theme)
    view.resize(600, 400)
    view.show()
    view.present(full())
    known = weakref.ref(view)
    gone: list[bool] = []
    view.destroyed.connect(lambda: gone.append(True))
    view.close()
    view.deleteLater()
    del view
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    assert gone == [True]
    assert known() is None
    theme.choose(Choice.DARK)  # nobody listens who is gone


@EACH
def test_every_panel_can_be_logarithmic(qtbot, theme: Theme, kind, full, empty) -> None:
    view = shown(qtbot, kind(theme))
    view.present(full())
    for panel in view.panels:
        for axis in (panel.x_axis, panel.y_axis):
            panel.set_log(axis, not axis.log)
            ranges = np.array(panel.inside.viewRange())
            assert np.isfinite(ranges).all()
            assert (ranges[:, 1] > ranges[:, 0]).all()
            view.grab()
            panel.set_log(axis, not axis.log)


def test_strips_move_with_the_window_and_share_time(qtbot, theme: Theme) -> None:
    view = shown(qtbot, StripsView(theme))
    view.present(synthetic.strips())
    panels = list(view.strips.values())
    assert panels[0].inside.viewRange()[0] == [-30.0, 0.0]
    panels[-1].inside.setXRange(-5.0, -1.0, padding=0)
    assert panels[0].inside.viewRange()[0] == pytest.approx([-5.0, -1.0])
    panels[0].point_at(-2.0, 0.0)
    assert panels[2].cross[0].isVisible()
    assert panels[2].cross[0].value() == panels[0].cross[0].value() == pytest.approx(-2.0, abs=0.05)
    panels[0].unpoint()
    assert not panels[2].cross[0].isVisible()


def test_axes_of_strips_hold_still(qtbot, theme: Theme) -> None:
    view = shown(qtbot, StripsView(theme))
    charts = StripCharts(30.0, 900)
    rng = np.random.default_rng(3)
    charts.feed(synthetic.signals(0, 60_000, rng))
    view.present(charts.snapshot())
    before = [panel.inside.viewRange() for panel in view.panels]
    for i in range(20):
        charts.feed(synthetic.signals(60_000 + 100 * i, 100, rng))
        assert view.present(charts.snapshot())
    assert [panel.inside.viewRange() for panel in view.panels] == before


def test_bias_has_the_colour_of_its_sign(qtbot, theme: Theme) -> None:
    view = shown(qtbot, StripsView(theme))
    snapshot = synthetic.strips()
    view.present(snapshot)
    assert view.positive.item.pen.color().name() == theme.palette.positive.lower()
    assert view.negative.item.pen.color().name() == theme.palette.negative.lower()
    assert np.nanmin(view.positive.y) >= 0.0
    assert np.nanmax(view.negative.y) <= 0.0
    assert np.nanmin(view.negative.y) == np.nanmin(snapshot.bias_V)


@pytest.mark.parametrize(("kind", "empty"), [(kind, empty) for kind, _, empty in KINDS[3:]])
def test_what_is_waited_for_is_said_in_place_of_how_to_get_it(qtbot, theme: Theme, kind, empty) -> None:
    view = shown(qtbot, kind(theme))
    view.present(empty())
    usual = view.panels[0].hint.text
    view.wait_for("The first hold is in progress.")
    assert view.panels[0].hint.text == "The first hold is in progress."
    view.wait_for("")
    assert view.panels[0].hint.text == usual
