"""I-V, heating, theory and noise: what is drawn and what is said of a snapshot, in numbers that are known."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from analysis.heating.significance import Significance
from analysis.thermoelectric.noise_run import analyse_noise
from app.gui.plots.heating import UNDER_WAY, HeatingPlot
from app.gui.plots.iv import IVPlot
from app.gui.plots.noise import NoisePlot, name_of
from app.gui.plots.noise_thermometer import NoiseThermometerPlot
from app.gui.plots.peltier import PeltierPlot
from app.gui.plots.result_rows import Results
from app.gui.plots.transmission import TransmissionPlot
from app.gui.widgets.theme import Choice, Theme
from app.gui.windows.view_tabs import ViewTabs
from app.viewmodels.heating_points import PointsSnapshot
from app.viewmodels.heating_view import HeatingSnapshot
from app.viewmodels.noise_thermometer_view import NO_CALIBRATION, snapshot_of
from app.viewmodels.noise_view import NoiseSnapshot
from app.viewmodels.transmission_view import TransmissionSnapshot
from tests.support.gui.looking import read, read_text, shown
from tests.support.gui.windows import made_session
from tests.support.recordings import synthetic
from tests.support.recordings.noise_contacts import noise_runs, noise_thermometer


def test_iv_halves_have_the_colours_of_their_polarity(qtbot, theme: Theme) -> None:
    view = shown(qtbot, IVPlot(theme))
    snapshot = synthetic.iv()
    view.present(snapshot)
    positive, negative = view.means
    assert positive.x.min() == 0.0
    assert negative.x.max() == 0.0
    assert positive.x.size + negative.x.size == snapshot.voltage_V.size + 1
    assert view.models[0].y == pytest.approx(snapshot.model_nA[snapshot.voltage_V >= 0])
    assert view.panel.count.text == "12 junctions, 24 curves, 2 left out"
    assert read(view.results) == (
        "G(0) = (2.01 ± 0.10)×10⁻³ G0    |ε0| = 0.863 ± 0.017 eV    ΓL = ΓR = 38.5 ± 0.8 meV"
    )
    assert "0.3 % of the largest current" in view.results.toolTip()
    view.present(replace(snapshot, model_nA=np.empty(0), misfit=float("nan")))
    assert view.models[0].empty


def test_a_row_of_results_is_broken_at_most_before_parentheses(qapp) -> None:
    results = Results("numbers")
    results.tell("|<i>S</i>| = (2 ± 1) µV/K (no error)")
    assert results.text() == "|\u2060<i>S</i>|\u2060&nbsp;=&nbsp;(2&nbsp;±&nbsp;1)&nbsp;µV/K (no&nbsp;error)"


def test_every_peltier_heat_lies_within_the_axes_with_its_error_bar(qtbot, theme: Theme) -> None:
    view = shown(qtbot, PeltierPlot(theme))
    snapshot = synthetic.peltier()
    view.present(snapshot)
    low, high = view.heats.inside.viewRange()[1]
    for heat, sigma in ((snapshot.odd_pW, snapshot.sigma_odd_pW), (snapshot.even_pW, snapshot.sigma_even_pW)):
        assert low < np.nanmin(heat - sigma)
        assert np.nanmax(heat + sigma) < high


def test_heating_shows_the_series_under_way_or_the_chosen_one(qtbot, theme: Theme) -> None:
    view = shown(qtbot, HeatingPlot(theme))
    snapshot = synthetic.heating(n=63)
    view.present(snapshot)
    first = replace(snapshot, series=(synthetic.series(0.74, 101), *snapshot.series[1:]))
    view.present(first)
    assert view.convergence.count.text.startswith("0.74 V: 101 holds")
    assert view.choice.itemText(0) == UNDER_WAY
    view.choice.setCurrentIndex(view.choice.findText("0.95 V"))
    view.choice.activated.emit(view.choice.currentIndex())
    assert view.convergence.count.text.startswith("0.95 V")
    view.present(snapshot)
    assert view.convergence.count.text.startswith("0.95 V")


@pytest.mark.parametrize("which", ["noise", "scatter"])
def test_bands_fall_as_one_over_root_t_about_the_last_mean(qtbot, theme: Theme, which: str) -> None:
    view = shown(qtbot, HeatingPlot(theme))
    series = synthetic.series(1.08, 63)
    view.present(replace(synthetic.heating(), series=(series,)))
    noise = which == "noise"
    band = view.convergence.bands[1] if noise else view.convergence.scatters[1]
    half = (band.high - band.low) / 2
    assert (band.high + band.low) / 2 == pytest.approx(np.full(band.x.size, 1e3 * series.dT_K[1, -1]))
    assert half * np.sqrt(band.x) == pytest.approx(np.full(band.x.size, half[0] * np.sqrt(band.x[0])))
    at_end = np.interp(series.modulated_s[-1], band.x, half)
    assert at_end == pytest.approx(1e3 * (series.expected_K if noise else series.sigma_K)[1, -1], rel=1e-3)
    text = view.convergence.legend.text
    assert "thermometer noise alone, 1/√t" in text and "scatter of junctions, 1/√t" in text


def test_an_error_that_nobody_knows_is_not_drawn(qtbot, theme: Theme) -> None:
    view = shown(qtbot, HeatingPlot(theme))
    view.present(synthetic.few_holds())
    panel = view.convergence
    assert panel.unknown[0].x.size == 2 and not panel.unknown[0].y_error.size
    assert panel.bars[0].x.size == panel.bars[0].y_error.size == 6
    assert "error not known yet" in panel.legend.text
    view.present(synthetic.few_holds(n=2))
    assert panel.bars[0].empty and panel.scatters[0].empty and not panel.bands[0].empty
    assert "scatter" not in panel.legend.text
    assert "(2 junctions)" in read(view.results) and "σ" not in read(view.results)
    view.present(synthetic.few_holds(n=1))
    assert panel.count.text.startswith("1.27 V: 1 hold, ")


def test_the_result_stands_above_the_plot_and_can_be_copied(qtbot, theme: Theme) -> None:
    view = shown(qtbot, HeatingPlot(theme))
    series = replace(
        synthetic.series(1.27, 8),
        dT_K=np.tile([[8.63e-3], [29.9e-3]], 8), sigma_K=np.tile([[0.27e-3], [2.8e-3]], 8),
        sigma_difference_K=np.full(8, 2.4e-3), resistance_K_per_W=1e5,
        significance=Significance(21.3e-3, 2.4e-3, 8),
    )  # fmt: skip
    view.present(replace(synthetic.few_holds(), series=(series,)))
    assert read(view.results).splitlines() == [
        "ΔT(+V) = 8.63 ± 0.27 mK    ΔT(−V) = 29.9 ± 2.8 mK    difference 21.3 ± 2.4 mK (4.1 σ, p = 5×10⁻⁵)",
        "QP(+V) = 0.0863 ± 0.0027 µW    QP(−V) = 0.299 ± 0.028 µW    difference 0.213 ± 0.024 µW",
    ]
    assert "±1.4 %, the same for all points" in view.results.toolTip()
    assert view.results.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse


def test_a_difference_is_as_sure_as_its_junctions_are_many(qtbot, theme: Theme) -> None:
    """21.6 errors from three junctions are p = 0.002; one hold of 200 s among eight leaves no p."""
    view = shown(qtbot, HeatingPlot(theme))
    series = synthetic.series(1.27, 3)
    for sure, words in (
        (Significance(21.6e-3, 1e-3, 3), "(3.1 σ, p = 0.0021, 3 junctions)"),
        (Significance(21.6e-3, 1e-3, 3, 2.9), "(3 junctions)"),
    ):
        view.present(replace(synthetic.few_holds(), series=(replace(series, significance=sure),)))
        assert words in read(view.results)
    ruled = replace(synthetic.series(1.27, 8), significance=Significance(21.6e-3, 1e-3, 8, 1.3))
    view.present(replace(synthetic.few_holds(), series=(ruled,)))
    assert "(one junction decides)" in read(view.results) and "σ" not in read(view.results)


def test_bounds_of_heat_are_those_of_the_points_and_the_symmetric_line_goes_all_the_way(
    qtbot, theme: Theme
) -> None:
    view = shown(qtbot, HeatingPlot(theme))
    view.present(synthetic.few_holds())
    (low, high), (_, top) = view.heat.inside.viewRange()
    assert low == 0.0
    assert view.heat.points[0].spans()[0][1] < high < 1.3 * view.heat.points[0].spans()[0][1]
    assert view.heat.points[1].spans()[1][1] < top
    assert view.heat.symmetric.x[-1] == high


@pytest.mark.parametrize(
    "total_uW", [(1e-4, -2e-4), (-1e-4, -2e-4), (3.0, 4.0)], ids=["some", "none", "large"]
)
def test_points_of_a_control_are_inside_of_the_axes_with_their_bars(qtbot, theme: Theme, total_uW) -> None:
    """A tip out of contact: hardly any power, of either sign within its error, and heats far above the models."""
    view = shown(qtbot, HeatingPlot(theme))
    nothing = PointsSnapshot()
    controls = replace(
        nothing, amplitude_V=np.array([1.0]), junctions=np.array([5]),
        q_total_pos_uW=np.array(total_uW[:1]), q_total_neg_uW=np.array(total_uW[1:]),
        q_probe_pos_uW=np.array([5e-3]), q_probe_neg_uW=np.array([-5e-3]),
        sigma_total_pos_uW=np.array([1e-5]), sigma_total_neg_uW=np.array([1e-5]),
        sigma_probe_pos_uW=np.array([2e-3]), sigma_probe_neg_uW=np.array([2e-3]),
    )  # fmt: skip
    snapshot = replace(synthetic.heating(), points=nothing, control_points=controls)
    view.present(snapshot)
    across, up = view.heat.home
    assert across[0] <= min(total_uW) and max(total_uW) <= across[1]
    assert up[0] <= -7e-3 and up[1] >= 7e-3
    view.heat.reset()
    assert view.heat.home == (across, up)


@pytest.mark.parametrize(("size", "limit"), [(1.5, 1.5), (100.0, 2.0)], ids=["beside", "far away"])
def test_a_model_beside_the_mean_is_seen_and_one_far_away_does_not_flatten_it(
    qtbot, theme: Theme, size: float, limit: float
) -> None:
    view, snapshot = shown(qtbot, IVPlot(theme)), synthetic.iv()
    view.present(replace(snapshot, model_nA=snapshot.model_nA * size))
    largest = float(np.abs([snapshot.low_nA, snapshot.high_nA]).max())
    top = view.panel.home[1][1]
    model = float(np.abs(snapshot.model_nA).max()) * size
    assert min(model, limit * largest) <= top <= 1.5 * limit * largest


def test_the_range_of_currents_follows_the_data(qtbot, theme: Theme) -> None:
    view = shown(qtbot, IVPlot(theme))
    large = synthetic.iv()
    view.present(replace(large, newest_nA=1.5 * large.newest_nA))
    view.present(large)
    low, high = view.panel.inside.viewRange()[1]
    reach = max(np.abs(large.newest_nA).max(), large.high_nA.max())
    assert reach < high < 1.25 * reach
    assert -1.25 * reach < low < -reach


def test_one_is_no_plural(qtbot, theme: Theme) -> None:
    view = shown(qtbot, IVPlot(theme))
    view.present(replace(synthetic.iv(), junctions=1, curves=1, dropped={}))
    assert view.panel.count.text == "1 junction, 1 curve"


def test_heat_has_both_errors_and_models_in_the_colours_of_polarity(qtbot, theme: Theme) -> None:
    view = shown(qtbot, HeatingPlot(theme))
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
    assert view.heat.count.text.startswith("263 holds, 24 left out")


def test_transmission_shades_the_window_of_the_bias(qtbot, theme: Theme) -> None:
    view = shown(qtbot, TransmissionPlot(theme))
    view.present(synthetic.transmission())
    assert view.window_.item.getRegion() == (-0.54, 0.54)
    assert view.levels[0].item.value() == -0.72
    assert not view.levels[1].item.isVisible()
    assert "bias window at +1.08 V" in view.panel.legend.text
    assert "mirrored about" in view.panel.count.text
    assert "ε0" in view.panel.captions.texts
    assert read(view.results) == (
        "G(0) = 0.00207 G0 (error not known yet)    |ε0| = 0.720 ± 0.030 eV    ΓP = 50.0 meV (error not known yet)"
        "    |S| = 12.3 µV/K (error not known yet)"
    )
    view.present(TransmissionSnapshot())
    assert not view.window_.item.isVisible()


def test_mains_are_marked(qtbot, theme: Theme) -> None:
    view = shown(qtbot, NoisePlot(theme), 1400, 900)
    snapshot = synthetic.noise()
    view.present(snapshot)
    assert view.thermometer.captions.texts[:2] == ["mains, 50 Hz", "mains 3, 150 Hz"]  # the strongest first
    assert view.thermometer.rules[0].at == 50.0
    assert view.current.captions.texts == []
    view.present(NoiseSnapshot(snapshot.spectra[1:]))
    assert "modulation, 12.25 Hz" in view.current.captions.texts
    assert name_of(replace(snapshot.spectra[0].thermometer_lines[0], name="")) == "50 Hz"
    view.resize(300, 200)
    view.present(snapshot)
    assert view.thermometer.rules[0].item.isVisible()


def test_noise_says_of_what_it_is_and_its_axes_are_labelled_alike(qtbot, theme: Theme) -> None:
    view = shown(qtbot, NoisePlot(theme), 800, 380)
    view.present(synthetic.noise())
    for panel in view.panels:
        assert read_text(panel.count.text) == "━━ out of contact, 34 s · ━━ held, 118 s"
        low, high = panel.inside.viewRange()[1]
        assert low == round(low) and high == round(high) and high - low >= 3
    theme.choose(Choice.DARK)
    assert theme.palette.data in view.current.count.html


@pytest.mark.parametrize(
    ("size", "unit"),
    [(3e-16, "fA/√Hz"), (2e-14, "fA/√Hz"), (4e-12, "pA/√Hz"), (9e-9, "nA/√Hz"), (2e-3, "mA/√Hz")],
)
def test_noise_has_the_prefix_that_suits_it(qtbot, theme: Theme, size: float, unit: str) -> None:
    view = shown(qtbot, NoisePlot(theme))
    spectrum = synthetic.noise().spectra[0]
    flat = np.full(spectrum.frequency_Hz.size, size)
    view.present(NoiseSnapshot((replace(spectrum, current_A_per_rtHz=flat),)))
    assert view.current.y_axis.quantity.unit == unit
    assert view.current.densities[0].y[0] == pytest.approx(
        size / {"f": 1e-15, "p": 1e-12, "n": 1e-9, "m": 1e-3}[unit[0]]
    )
    assert unit in view.current.y_axis.label.toPlainText()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"step": "withdraw"}, "Searching for a junction to hold"),
        ({"step": "modulate"}, "The first hold is in progress."),
        ({"ended": "aborted"}, "Run Heating"),
    ],
)
def test_while_a_run_is_on_its_empty_view_says_what_it_waits_for(
    qtbot, theme: Theme, changes, words: str
) -> None:
    area = ViewTabs(theme)
    qtbot.addWidget(area)
    area.resize(1000, 800)
    area.raise_tab(3)
    area.show()
    qtbot.waitExposed(area)
    area.paint(made_session(heating=HeatingSnapshot(), status=synthetic.status(**changes)))
    view = area.views["Heating"]
    assert isinstance(view, HeatingPlot)
    assert words in view.convergence.hint.text


def test_noise_temperatures_stand_above_their_lines_and_without_resistors_what_to_run(
    qtbot, theme: Theme
) -> None:
    view = shown(qtbot, NoiseThermometerPlot(theme))
    view.present(noise_thermometer())
    cold, hot = read(view.results).splitlines()
    assert cold.startswith("T(ΔT = 0 K) = ") and cold.endswith("K    12 contacts    commanded 300 K")
    assert " ± " in hot and hot.endswith("commanded 315 K")
    assert "4 k T G, ΔT = 30 K" in view.noise.legend.text
    assert view.sets[30.0].means.x.tolist() == list(range(1, 13))
    assert view.noise.count.text == "24 contacts"
    few = noise_runs(contacts=3)
    view.present(snapshot_of(analyse_noise(few), few[-1]))
    assert read(view.results).count("3 contacts (scatter not known yet)") == 2
    own = noise_runs()[-1]
    view.present(snapshot_of(analyse_noise([own]), own))
    assert read(view.results) == NO_CALIBRATION
    assert all(panel.is_empty for panel in view.panels)
    assert "Known so far: 1 of 3 conductances" in view.noise.empty_text


@pytest.mark.parametrize(("width", "below"), [(470, True), (675, False)])
def test_results_of_heating_take_four_lines_at_most(qtbot, theme, width, below):
    view = shown(qtbot, HeatingPlot(theme), width)
    view.present(synthetic.heating())
    qtbot.waitUntil(
        lambda: (view.results.y() > view.choice.y()) is below and view.results.width() > width / 2
    )
    lines = view.results.heightForWidth(view.results.width()) / view.results.fontMetrics().lineSpacing()
    assert lines < 4.5
