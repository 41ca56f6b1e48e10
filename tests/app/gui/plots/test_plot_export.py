"""Numbers, pictures and drawings of a plot."""

import csv
import re
from io import StringIO
from operator import attrgetter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PyQt6.QtGui import QImage

from app.gui.plots.export import drawing, export, plotted_table
from app.gui.plots.layers import Band
from app.gui.plots.marks import Note, StraightLine
from app.gui.plots.panel import PlotPanel
from app.gui.widgets.theme import DARK, LIGHT, Choice, Theme
from tests.support.gui.plotted import ABOUT, drawn


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
