"""Several recordings in one plot: what is offered, what is drawn, what is said, and how it closes."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import QApplication

from analysis.recording import RecordingError
from app.gui.plots.compared import MOST, PANELS, STYLES, entry, shortened
from app.gui.plots.export import export, plotted_table
from app.gui.plots.layers import Band, LineLayer
from app.gui.widgets.theme import DARK, LIGHT
from app.gui.windows.compare_window import LOOK_MS, CompareWindow
from app.viewmodels.compared import ComparedKind, ComparedRecording
from tests.support.recordings.compared_recordings import made
from tests.support.recordings.made_recordings import made_iv
from tests.support.recordings.streams import made_traces
from tests.support.rig.rigs import PATIENCE_S

pytestmark = pytest.mark.usefixtures("few_resamples")


def paths(*names: str) -> list[Path]:
    return [Path(f"{name}.h5") for name in names]


def read_through(window: CompareWindow) -> CompareWindow:
    """All is read and shown."""
    window.reading.join(PATIENCE_S)
    window.look()
    window.show()
    return window


def tabs(window: CompareWindow) -> list[str]:
    return [window.tabs.tabText(i) for i in range(window.tabs.count())]


@pytest.mark.parametrize(
    ("names", "offered", "opened", "said"),
    [
        (("bda-iv", "bdnc-iv"), ["I-V"], "I-V", ""),
        (("bda-break", "bdnc-break"), ["Histograms"], "Histograms", ""),
        (("bda-heating", "bdnc-heating"), ["Heat"], "Heat", ""),
        (
            ("bda-heating", "bda-iv", "bdnc-heating"), ["I-V", "Heat"], "Heat",
            "No heat in bda-iv.h5.",
        ),
        (
            ("bda-heating", "bda-iv", "bda-break", "bdnc-iv"), ["Histograms", "I-V", "Heat"], "I-V",
            "No I-V curves in bda-heating.h5, bda-break.h5.",
        ),
    ],
)  # fmt: skip
def test_only_what_there_is_is_offered_and_opened_on_what_there_is_most_of(
    theme, names, offered, opened, said
):
    window = read_through(CompareWindow(theme, paths(*names), made))
    assert tabs(window) == offered
    assert window.tabs.tabText(window.tabs.currentIndex()) == opened
    assert window.message_label.text() == said
    assert not window.progress.isVisible()
    window.close()


def test_those_that_lack_something_are_named_tab_by_tab(theme, qtbot):
    window = read_through(CompareWindow(theme, paths("bda-heating", "bda-iv", "bdnc-iv"), made))
    assert window.message_label.text() == "No I-V curves in bda-heating.h5."
    window.tabs.setCurrentWidget(window.panels[ComparedKind.HEAT])
    assert window.message_label.text() == "No heat in bda-iv.h5, bdnc-iv.h5."
    window.close()


def test_curves_with_bands_in_a_colour_each(theme):
    window = read_through(CompareWindow(theme, paths("bda-iv", "bdnc-iv"), made))
    panel = window.panels[ComparedKind.IV]
    lines = [layer for layer in panel.layers if isinstance(layer, LineLayer)]
    bands = [layer for layer in panel.layers if isinstance(layer, Band)]
    assert [line.name for line in lines] == ["Au-BDA-Au, bda-iv.h5", "Au-BDNC-Au, bdnc-iv.h5"]
    for colours in (LIGHT, DARK):
        assert len({line.colour(colours) for line in lines}) == 2
    for line, band in zip(lines, bands, strict=True):
        assert (band.low < line.y).all()
        assert (line.y < band.high).all()
    legend = panel.legend.text
    assert "Au-BDA-Au, bda-iv.h5" in legend
    assert "97 junctions, G = (2.07 ± 0.05)×10⁻³ G₀" in legend
    low, high = panel.inside.viewRange()[0]
    assert low == -high < -1.3
    window.close()


@pytest.mark.parametrize(
    ("curves", "words"), [(1, "1 junction, G = 0.00"), (4, "4 junctions, G = ("), (20, "20 junctions, G = (")]
)
def test_the_legend_says_the_error_only_where_the_fit_has_one(theme, tmp_path, curves, words):
    path = made_iv(tmp_path / "c.h5", np.random.default_rng(1), curves=curves)
    window = read_through(CompareWindow(theme, [path]))
    legend = window.panels[ComparedKind.IV].legend.text
    assert words in legend
    assert ("±" in legend) == (curves > 1)
    assert " ?" not in legend
    window.close()


def test_a_conductance_that_is_not_trusted_has_a_question_mark(theme):
    def read(path: Path) -> ComparedRecording:
        one = made(path)
        assert one.iv is not None
        return replace(one, iv=replace(one.iv, trusted=False))

    window = read_through(CompareWindow(theme, paths("bda-iv"), read))
    assert "G₀ ?" in window.panels[ComparedKind.IV].legend.text
    window.close()


def test_histograms_keep_the_noise_from_hiding_the_peaks(theme):
    window = read_through(CompareWindow(theme, paths("bda-break", "bdnc-break"), made))
    panel = window.panels[ComparedKind.HISTOGRAM]
    assert [layer.name for layer in panel.layers] == ["Au-BDA-Au, bda-break.h5", "Au-BDNC-Au, bdnc-break.h5"]
    assert "477 traces, 0.982 ± 0.004, (2.07 ± 0.04)×10⁻³ G₀" in panel.legend.text
    assert max(layer.y.max() for layer in panel.layers) > 600  # of the noise
    low, high = panel.inside.viewRange()[1]
    assert (low, high <= 120) == (0.0, True)
    window.close()


def test_heat_of_both_polarities_with_errors(theme):
    window = read_through(CompareWindow(theme, paths("bda-heating", "bdnc-heating"), made))
    panel = window.panels[ComparedKind.HEAT]
    assert "5 amplitudes, up to 100 junctions, common scale ±3.2 %" in panel.legend.text
    columns = plotted_table(panel).splitlines()[0]
    for words in (
        "bda-heating.h5, V > 0: heat in the tip (µW)",
        "V < 0: heat in the tip (µW), standard error",
    ):
        assert words in columns
    assert "point to point" not in columns
    window.close()


@pytest.mark.parametrize("suffix", ["png", "svg", "csv"])
def test_every_plot_is_exported_and_that_is_said(theme, tmp_path, suffix):
    window = read_through(CompareWindow(theme, paths("bda-heating", "bda-iv", "bda-break"), made))
    for panel in window.panels.values():
        path = tmp_path / f"{panel.title}.{suffix}"
        export(panel, path)
        assert path.stat().st_size > 500
        assert f"Exported {panel.title} to" in window.message_label.text()
    if suffix == "csv":
        rows = (tmp_path / "current-voltage curves.csv").read_text().splitlines()
        assert "# Recordings: bda-heating.h5, bda-iv.h5, bda-break.h5" in rows
        head = next(row for row in rows if not row.startswith("#"))
        assert "Au-BDA-Au, bda-iv.h5: current (nA)" in head
        assert "Au-BDA-Au, bda-iv.h5, SD of the junctions: current (nA), upper" in head
    window.close()


def test_the_crosshair_reads_in_units(theme):
    window = read_through(CompareWindow(theme, paths("bda-iv"), made))
    panel = window.panels[ComparedKind.IV]
    mean = next(layer for layer in panel.layers if isinstance(layer, LineLayer))
    i = int(np.argmin(np.abs(mean.x - 0.5)))
    panel.point_at(0.5, float(mean.y[i]))
    volts, amperes = panel.reading.text.replace("\xa0", " ").split(",  ")[:2]
    assert float(volts.removeprefix("V = ").removesuffix(" V")) == pytest.approx(mean.x[i], abs=0.005)
    assert float(amperes.removeprefix("I = ").removesuffix(" nA")) == pytest.approx(mean.y[i], abs=1.0)
    window.close()


def test_names_are_shown_as_they_are(theme):
    one = made(Path("bda-iv.h5"))
    odd = ComparedRecording(one.path, "A <b> & C", iv=one.iv)
    window = read_through(CompareWindow(theme, paths("bda-iv"), lambda _: odd))
    panel = window.panels[ComparedKind.IV]
    assert "A <b> & C, bda-iv.h5" in panel.legend.text
    assert "A <b> & C, bda-iv.h5: current (nA)" in plotted_table(panel)
    window.close()


def test_files_that_cannot_be_read_are_sentences_and_the_others_are_shown(theme, tmp_path, qtbot):
    (tmp_path / "broken.h5").write_bytes(b"no recording")
    good = [made_traces(14, seed).write(tmp_path / f"{seed}.h5") for seed in (1, 2)]
    window = CompareWindow(theme, [good[0], tmp_path / "broken.h5", tmp_path / "gone.h5", good[1]])
    window.show()
    qtbot.waitUntil(lambda: window.reading.over and not window.progress.isVisible())
    panel = window.panels[ComparedKind.HISTOGRAM]
    assert [layer.name for layer in panel.layers] == ["1.h5", "2.h5"]
    assert [layer.colour(LIGHT) for layer in panel.layers] == [LIGHT.sequence[0], LIGHT.sequence[3]]
    broken, gone = window.message_label.text().splitlines()
    assert broken.startswith("Cannot compare broken.h5: not an HDF5 file")
    assert gone == "Cannot compare gone.h5: there is no such file."
    window.close()


@pytest.mark.parametrize("readable", [True, False])
def test_nothing_to_compare_is_said(theme, readable):
    def read(path: Path) -> ComparedRecording:
        if not readable:
            raise RecordingError("damaged")
        return ComparedRecording(path, remarks=(f"{path.name}: none of its traces passes the selection.",))

    window = read_through(CompareWindow(theme, paths("a", "b"), read))
    assert window.hint.isVisible()
    assert ("opening traces" in window.hint.text()) == readable
    assert window.message_label.text().count("\n") == 1
    window.close()


def test_eight_are_told_apart_and_more_are_named(theme, qapp):
    names = [f"{sample}-iv{i}" for sample in ("bda", "bdnc") for i in range(5)]
    window = read_through(CompareWindow(theme, [*paths(*names), *paths(names[0])], made))
    qapp.processEvents()
    assert len(window.recordings) == MOST == len(STYLES) == 8
    assert (
        window.message_label.text()
        == "At most 8 recordings can be compared; left out: bdnc-iv3.h5, bdnc-iv4.h5."
    )
    panel = window.panels[ComparedKind.IV]
    lines = [layer for layer in panel.layers if isinstance(layer, LineLayer)]
    assert len({(line.colour(LIGHT), line.key) for line in lines}) == MOST
    legend = panel.legend.mapRectToScene(panel.legend.boundingRect())
    assert legend.bottom() <= panel.inside.sceneBoundingRect().top()
    assert "bdnc-iv2" in panel.legend.text
    assert panel.inside.height() > window.height() / 2
    window.close()


def test_every_kind_has_a_plot():
    assert {panel.kind for panel in PANELS} == set(ComparedKind)


def test_a_long_name_loses_its_middle_in_the_legend():
    assert shortened("2026-11-21-heating-001", 12) == "2026-…ng-001"
    assert shortened("short", 12) == "short"
    assert entry("<a>", ["b", "c"]) == "&lt;a&gt; <small>b, c</small>"


class Gate:
    """Reads a file when it may."""

    def __init__(self) -> None:
        self.may = threading.Semaphore(0)

    def read(self, path: Path) -> ComparedRecording:
        assert self.may.acquire(timeout=PATIENCE_S)
        return made(path)


def test_progress_while_it_reads_and_a_tab_that_was_chosen_stays(theme, qtbot):
    gate = Gate()
    window = CompareWindow(theme, paths("bda-heating", "bda-iv", "bdnc-iv", "bdt-iv"), gate.read)
    window.show()
    assert window.hint.text() == window.progress_words.text() == "Reading 1 of 4: bda-heating.h5 …"
    gate.may.release(2)
    qtbot.waitUntil(lambda: window.progress_words.text() == "Reading 3 of 4: bdnc-iv.h5 …")
    assert (window.progress.value(), window.progress.maximum()) == (2, 4)
    assert not window.hint.isVisible()
    bar = window.tabs.tabBar()
    assert bar is not None
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(1).center())
    gate.may.release(2)
    qtbot.waitUntil(lambda: not window.progress.isVisible())
    assert window.tabs.tabText(window.tabs.currentIndex()) == "Heat"
    window.close()


@pytest.mark.parametrize("how", ["close", "Ctrl+W"])
def test_closed_while_it_reads(theme, qtbot, how):
    gate = Gate()
    window = CompareWindow(theme, paths("bda-iv", "bdnc-iv", "bdt-iv"), gate.read)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    reading = window.reading
    with qtbot.waitSignal(window.closed):  # though the file is still being read
        if how == "close":
            window.close()
        else:
            qtbot.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    del window
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert not reading.over
    gate.may.release()
    reading.join(PATIENCE_S)
    qtbot.wait(2 * LOOK_MS)  # nobody looks at what came of it
    assert len(reading.results) == 1  # and no more are begun
