"""Each view by table: what it draws of a snapshot, what it says without one, and that it paints only when seen."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import QApplication, QTabWidget

from app.gui.plots.heating import UNDER_WAY, HeatingView
from app.gui.plots.histogram import HistogramView
from app.gui.plots.iv import IVView
from app.gui.plots.noise import NoiseView, name_of
from app.gui.plots.strips import StripsView
from app.gui.plots.trace import TraceView
from app.gui.plots.transmission import TransmissionView
from app.gui.plots.view import View
from app.gui.theme import Choice, Theme
from app.views.heating_view import HeatingSnapshot
from app.views.histogram_snapshot import HistogramSnapshot
from app.views.iv_view import IVSnapshot
from app.views.noise_view import NoiseSnapshot
from app.views.strips import StripCharts
from app.views.transmission_view import TransmissionSnapshot
from tests.app.gui import synthetic

KINDS = [
    (StripsView, synthetic.strips, StripCharts().snapshot),
    (TraceView, synthetic.traces, lambda: replace(synthetic.traces(), under_way=None, last=(), traces=0)),
    (HistogramView, synthetic.histogram, HistogramSnapshot),
    (IVView, synthetic.iv, IVSnapshot),
    (HeatingView, synthetic.heating, HeatingSnapshot),
    (TransmissionView, synthetic.transmission, TransmissionSnapshot),
    (NoiseView, synthetic.noise, NoiseSnapshot),
]
EACH = pytest.mark.parametrize(("kind", "full", "empty"), KINDS, ids=lambda x: getattr(x, "__name__", "?"))


def shown(qtbot, view: View, width: int = 900, height: int = 500) -> View:
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    qtbot.waitExposed(view)
    return view


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
    view, other = kind(theme), IVView(theme)
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
    assert view.present(full())


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
    assert panels[2].cross[0].value() == -2.0
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
    assert view.positive.item.opts["pen"].color().name() == theme.palette.positive.lower()
    assert view.negative.item.opts["pen"].color().name() == theme.palette.negative.lower()
    assert np.nanmin(view.positive.y) >= 0.0
    assert np.nanmax(view.negative.y) <= 0.0
    assert np.nanmin(view.negative.y) == np.nanmin(snapshot.bias_V)


def test_the_trace_under_way_stands_in_front(qtbot, theme: Theme) -> None:
    view = shown(qtbot, TraceView(theme))
    snapshot = synthetic.traces()
    view.present(snapshot)
    assert snapshot.under_way is not None
    assert view.under_way.x is snapshot.under_way.x
    assert view.newest.x is snapshot.last[-1].x
    assert view.behind[0].x is snapshot.last[-2].x
    assert view.behind[-1].empty == (len(snapshot.last) < 11)
    assert view.panel.count.text == "412 traces"
    assert view.panel.inside.viewRange()[0] == [-1.0, 2.5]
    by_time = replace(snapshot.last[-1], axis="time", x=snapshot.last[-1].x * 20)
    view.present(replace(snapshot, under_way=None, last=(by_time,)))
    assert view.panel.x_axis.label.toPlainText() == "time from the break (s)"
    assert view.panel.inside.viewRange()[0][1] > 20


def test_the_x_axis_chooses_the_bins(qtbot, theme: Theme) -> None:
    view = shown(qtbot, HistogramView(theme))
    snapshot = synthetic.histogram()
    view.present(snapshot)
    assert view.counts.counts is snapshot.log_counts
    notes = [layer.text for layer in view.peaks if hasattr(layer, "text")]
    assert notes == ["(2.07 ± 0.05)×10⁻³ G₀"]
    view.panel.menu.log_x.trigger()
    assert view.counts.counts is snapshot.linear_counts
    notes = [layer.text for layer in view.peaks if hasattr(layer, "text")]
    assert notes == ["0.982 ± 0.004 G₀"]
    assert view.panel.count.text == "412 traces, 23 left out"


def test_a_peak_that_is_not_trusted_is_dashed_and_doubted(qtbot, theme: Theme) -> None:
    view = shown(qtbot, HistogramView(theme))
    doubtful = replace(synthetic.peak(), trusted=False)
    view.present(replace(synthetic.histogram(), peaks=(doubtful,)))
    assert next(layer.text for layer in view.peaks if hasattr(layer, "text")).endswith("?")
    fit = next(layer for layer in view.peaks if layer.name.startswith("fit"))
    assert fit.item.opts["pen"].style() == Qt.PenStyle.DashLine


def test_iv_halves_have_the_colours_of_their_polarity(qtbot, theme: Theme) -> None:
    view = shown(qtbot, IVView(theme))
    snapshot = synthetic.iv()
    view.present(snapshot)
    positive, negative = view.means
    assert positive.x.min() == 0.0
    assert negative.x.max() == 0.0
    assert positive.x.size + negative.x.size == snapshot.voltage_V.size + 1
    assert view.models[0].y == pytest.approx(snapshot.model_nA[snapshot.voltage_V >= 0])
    assert view.panel.count.text == "64 junctions, 128 curves, 5 left out · fit off by 1.3 %"
    view.present(replace(snapshot, model_nA=np.empty(0), misfit=float("nan")))
    assert view.models[0].empty


def test_heating_shows_the_series_under_way_or_the_chosen_one(qtbot, theme: Theme) -> None:
    view = shown(qtbot, HeatingView(theme))
    snapshot = synthetic.heating(n=63)
    view.present(snapshot)
    first = replace(snapshot, series=(synthetic.series(0.55, 101), *snapshot.series[1:]))
    view.present(first)
    assert view.convergence.count.text.startswith("0.55 V: 101 holds")
    assert view.choice.itemText(0) == UNDER_WAY
    view.choice.setCurrentIndex(view.choice.findText("0.93 V"))
    view.choice.activated.emit(view.choice.currentIndex())
    assert view.convergence.count.text.startswith("0.93 V")
    view.present(snapshot)
    assert view.convergence.count.text.startswith("0.93 V")


def test_the_expected_band_falls_as_one_over_root_t_about_the_last_mean(qtbot, theme: Theme) -> None:
    view = shown(qtbot, HeatingView(theme))
    series = synthetic.series(1.08, 63)
    view.present(replace(synthetic.heating(), series=(series,)))
    band = view.convergence.bands[1]
    half = (band.high - band.low) / 2
    assert (band.high + band.low) / 2 == pytest.approx(np.full(band.x.size, series.dT_neg_mK[-1]))
    assert half * np.sqrt(band.x) == pytest.approx(np.full(band.x.size, half[0] * np.sqrt(band.x[0])))
    at_end = np.interp(series.modulated_s[-1], band.x, half)
    assert at_end == pytest.approx(series.expected_neg_mK[-1], rel=1e-3)


def test_heat_has_both_errors_and_models_in_the_colours_of_polarity(qtbot, theme: Theme) -> None:
    view = shown(qtbot, HeatingView(theme))
    snapshot = synthetic.heating()
    view.present(snapshot)
    positive = view.heat.points[0]
    assert positive.x is snapshot.points.q_total_pos_uW
    assert positive.y_error is snapshot.points.sigma_probe_pos_uW
    assert positive.x_error is snapshot.points.sigma_total_pos_uW
    assert view.heat.symmetric.y == pytest.approx(view.heat.symmetric.x / 2)
    text = view.heat.legend.text
    for words in ("V > 0", "V < 0", "symmetric", "Landauer", "(VP)", "(VTP)"):
        assert words in text
    layers = len(view.heat.layers)
    view.present(replace(snapshot, used=364))
    view.present(replace(snapshot, curves=snapshot.curves[:1]))
    assert len(view.heat.layers) == layers - 8
    assert view.heat.count.text.startswith("363 holds, 8 left out")


def test_transmission_shades_the_window_of_the_bias(qtbot, theme: Theme) -> None:
    view = shown(qtbot, TransmissionView(theme))
    view.present(synthetic.transmission())
    assert view.window_.item.getRegion() == (-0.54, 0.54)
    assert view.levels[0].item.value() == -0.72
    assert not view.levels[1].item.isVisible()
    assert "bias window at +1.08 V" in view.panel.legend.text
    assert "side" in view.panel.count.text
    view.present(TransmissionSnapshot())
    assert not view.window_.item.isVisible()


def test_mains_are_marked(qtbot, theme: Theme) -> None:
    view = shown(qtbot, NoiseView(theme), 1400, 900)
    snapshot = synthetic.noise()
    view.present(snapshot)
    marked = [note.text for note in view.thermometer.notes if note.text]
    assert marked[0] == "mains, 50 Hz"  # the strongest
    assert "modulation, 12.25 Hz" in marked
    assert len(marked) == len(set(marked))
    assert name_of(replace(snapshot.current_lines[0], name="")) == "50 Hz"
    assert view.thermometer.rules[0].at == 50.0
    view.resize(300, 200)
    view.present(replace(snapshot))
    assert [note.text for note in view.thermometer.notes] == [""] * len(view.thermometer.notes)
    assert view.thermometer.rules[0].item.isVisible()
