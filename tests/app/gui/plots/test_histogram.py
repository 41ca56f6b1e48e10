from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from app.gui.plots.captions import Caption, Tick
from app.gui.plots.counts import Image
from app.gui.plots.histogram import NO_DISPLACEMENT, HistogramPlot
from app.gui.plots.layers import Band
from app.gui.widgets.theme import Theme
from app.viewmodels.histogram_snapshot import MapSnapshot
from tests.support.recordings import synthetic


def shown(qtbot, theme: Theme, width: int = 1200, height: int = 500) -> HistogramPlot:
    view = HistogramPlot(theme)
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_the_x_axis_chooses_the_bins(qtbot, theme: Theme) -> None:
    view = shown(qtbot, theme)
    snapshot = synthetic.histogram()
    view.present(snapshot)
    assert view.counts.counts is snapshot.log_counts
    assert peak_captions(view) == ["(2.07 ± 0.05)×10⁻³ G₀", "0.982 ± 0.004 G₀"]
    view.panel.menu.log_x.trigger()
    assert view.counts.counts is snapshot.linear_counts
    assert peak_captions(view) == ["0.982 ± 0.004 G₀", "(2.07 ± 0.05)×10⁻³ G₀"]
    assert view.panel.count.text == "412 traces · 23 left out"


@pytest.mark.parametrize("log", [True, False])
def test_the_only_trusted_peak_is_marked_on_either_axis(qtbot, theme: Theme, log: bool) -> None:
    """The peak of gold is trusted in linear bins alone, and doubtful in logarithmic ones."""
    view, snapshot = shown(qtbot, theme), synthetic.histogram()
    _, linear = snapshot.peaks
    doubtful = replace(synthetic.peak(), conductance_G0=0.97, trusted=False, reasons=("too wide",))
    view.panel.set_log(view.panel.x_axis, log=log)
    view.present(replace(snapshot, peaks=(doubtful, linear)))
    ticks = [layer for layer in view.peaks if isinstance(layer, Tick)]
    assert any(words.startswith("0.982 ± 0.004 G₀") for words in view.panel.captions.texts)
    assert [tick.at for tick in ticks] == ([0.97, 0.982] if log else [])
    low, high = view.panel.home[0]
    assert low < 0.982 < high


def test_a_peak_that_both_kinds_of_bins_have_is_named_once(qtbot, theme: Theme) -> None:
    view, snapshot = shown(qtbot, theme), synthetic.histogram()
    molecule, linear = snapshot.peaks
    same = replace(molecule, conductance_G0=0.985)
    view.present(replace(snapshot, peaks=(same, linear)))
    assert len(peak_captions(view)) == 1


def peak_captions(view: HistogramPlot) -> list[str]:
    return [layer.text.partition(" ↑")[0] for layer in view.peaks if isinstance(layer, Caption)]


def test_a_peak_that_is_not_trusted_is_a_tick_that_says_why(qtbot, theme: Theme) -> None:
    view = shown(qtbot, theme)
    doubtful = replace(synthetic.peak(), trusted=False, reasons=("it is wider than its window",))
    view.present(replace(synthetic.histogram(), peaks=(doubtful,)))
    assert peak_captions(view) == []
    (tick,) = [layer for layer in view.peaks if isinstance(layer, Tick)]
    assert tick.tip == "(2.07 ± 0.05)×10⁻³ G₀ ?\nit is wider than its window"
    assert not any(isinstance(layer, Band) for layer in view.peaks)
    fit = next(layer for layer in view.peaks if layer.name.startswith("fit"))
    assert fit.item.pen.style() == Qt.PenStyle.DashLine


def test_a_histogram_shows_the_molecule_and_cuts_gold_and_noise(qtbot, theme: Theme) -> None:
    view = shown(qtbot, theme)
    snapshot = synthetic.histogram()
    view.present(snapshot)
    x, counts = snapshot.log10_G, snapshot.log_counts
    molecule = counts[(x > snapshot.noise_log10_G) & (x < np.log10(0.5))].max()
    gold = counts[x > np.log10(0.5)].max()
    assert gold > 2 * molecule  # as on the rig
    top = view.panel.inside.viewRange()[1][1]
    assert 0.9 * molecule < top < 2 * molecule
    names = ["(2.07 ± 0.05)×10⁻³ G₀", f"0.982 ± 0.004 G₀ ↑ {gold:.0f}", "noise"]
    assert view.panel.captions.texts == names
    bands = [layer for layer in view.peaks if isinstance(layer, Band)]
    fit = next(layer for layer in view.peaks if layer.name.startswith("fit"))
    assert bands
    assert all(band.high.max() <= fit.y.max() for band in bands)
    quiet = view.counts.quiet.getData()[0]
    assert quiet.max() <= snapshot.noise_log10_G + 0.05
    assert view.counts.filled.getData()[0].min() >= snapshot.noise_log10_G - 0.05


def test_gold_alone_is_shown_whole(qtbot, theme: Theme) -> None:
    view = shown(qtbot, theme)
    snapshot = synthetic.histogram()
    x = snapshot.log10_G
    slope = np.where((x > -5.0) & (x < np.log10(0.5)), 0.5, snapshot.log_counts)
    view.present(replace(snapshot, log_counts=slope, peaks=()))
    top = view.panel.inside.viewRange()[1][1]
    assert top > slope[x > np.log10(0.5)].max()
    assert view.panel.captions.texts == ["noise"]


def test_colours_of_the_map_are_scaled_to_the_molecule(qtbot, theme: Theme) -> None:
    view = shown(qtbot, theme)
    snapshot = synthetic.histogram()
    assert snapshot.map is not None
    counts = snapshot.map.counts.copy()
    counts[:, :3] = 100_000  # a line of the converter's codes, in the noise
    view.present(replace(snapshot, map=replace(snapshot.map, counts=counts)))
    assert view.map.image.highest <= snapshot.map.counts.max()
    assert view.map.bar is not None
    numbers = [count for count, _ in view.map.bar.numbers]
    assert numbers[0] == 1.0
    assert numbers == sorted(numbers)
    assert numbers[-1] <= view.map.image.highest
    assert view.map.inside.viewRange()[1][0] == pytest.approx(snapshot.noise_log10_G - 1.0)


def test_a_map_says_that_the_displacement_is_unknown(qtbot, theme: Theme) -> None:
    view = shown(qtbot, theme)
    nothing = MapSnapshot(np.zeros((175, 160), dtype=np.int64), (-1.0, 2.5), (-7.0, 1.0), 0, 92, False)
    view.present(replace(synthetic.histogram(), map=nothing))
    assert view.map.hint.text == NO_DISPLACEMENT
    assert view.map.count.text == ""


def test_bins_too_narrow_to_be_seen_are_drawn_as_their_mean(qtbot, theme: Theme) -> None:
    view = shown(qtbot, theme)
    snapshot = synthetic.histogram()
    view.present(snapshot)
    x, y = view.counts.filled.getData()
    low, high = view.panel.inside.viewRange()[0]
    pixels = np.diff(np.unique(x)) * view.panel.inside.width() / (high - low)
    assert pixels[:-1].min() >= 2.0
    assert np.trapezoid(y, x) == pytest.approx(
        0.01 * snapshot.log_counts[snapshot.log10_G > snapshot.noise_log10_G].sum(), rel=0.01
    )


def test_only_cells_in_range_scale_the_colours() -> None:
    image = Image("counts per cell")
    image.set([0.0, 1.0], [0.0, 1.0, 2.0, 3.0], np.array([[900.0, 12.0, 5000.0]]), scaled=(1.0, 2.0))
    assert image.highest == 12.0
    assert image.shade(np.array([900.0]))[0] == 1.0
