"""Export of a plot as PNG, SVG or CSV, always in the light palette."""

import csv
import re
from collections.abc import Callable
from html import escape
from io import StringIO
from itertools import zip_longest
from pathlib import Path

from PyQt6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize
from PyQt6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PyQt6.QtSvg import QSvgGenerator
from pyqtgraph import ScatterPlotItem

from analysis.shared_files import write_file
from app.gui.plots.heading import without_markup
from app.gui.plots.printable import Printable
from app.gui.widgets.theme import LIGHT

SCALE = 3
"""Pixels of an exported picture per pixel on the screen."""


def export(panel: Printable, path: Path) -> None:
    """Write the plot as png, svg or csv, by the suffix of the file; the panel emits ``message`` with the outcome."""
    writer = _WRITERS.get(path.suffix.lower().removeprefix("."))
    if writer is None:
        panel.message.emit(f"Cannot export to {path.name}: use one of the file types {', '.join(_WRITERS)}.")
        return
    try:
        write_file(path, writer(panel))
    except OSError as error:
        panel.message.emit(f"Cannot write {path}: {error.strerror or error}.")
    else:
        panel.message.emit(f"Exported {panel.title} to {path}.")


def file_stem(panel: Printable) -> str:
    """Return a name for an export: that of the recording, and of the plot."""
    origin = panel.origin()
    if "Recordings" in origin:
        return f"compared {panel.title}"
    recording = Path(origin.get("Recording", "")).stem
    return " ".join(part for part in (recording, panel.title) if part)


def copy_picture(panel: Printable) -> None:
    """Copy the plot as a picture."""
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setImage(picture(panel))
        panel.message.emit(f"Copied the picture of {panel.title}.")


def copy_table(panel: Printable) -> None:
    """Copy the numbers of the plot as a table for a spreadsheet."""
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(plotted_table(panel, "\t"))
        panel.message.emit(f"Copied the numbers of {panel.title}.")


def plotted_table(panel: Printable, separator: str = ",") -> str:
    """Return the data of all layers as a table in the units of the axes."""
    across, up = panel.x_axis.quantity.column, panel.y_axis.quantity.column
    columns = [c for layer in panel.layers for c in layer.columns(across, up) if c[1].size]
    text = StringIO()
    rows = csv.writer(text, delimiter=separator, lineterminator="\n")
    rows.writerow([without_markup(name) for name, _ in columns])
    for row in zip_longest(*(values.tolist() for _, values in columns), fillvalue=None):
        rows.writerow(["" if value is None else f"{value:.10g}" for value in row])
    return text.getvalue()


def numbers(panel: Printable) -> bytes:
    """Return the plot as CSV; its origin stands in lines that begin with "# "."""
    head = "".join(f"# {name}: {text}\n" for name, text in described(panel).items())
    return (head + plotted_table(panel)).encode()


def described(panel: Printable) -> dict[str, str]:
    """Return title and origin of the plot."""
    return {"Title": panel.title, **panel.origin()}


def png(panel: Printable) -> bytes:
    """Return the plot as PNG; its origin stands in text chunks."""
    image = picture(panel)
    for name, text in described(panel).items():
        image.setText(name, text)
    out = QByteArray()
    buffer = QBuffer(out)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(out.data())


def picture(panel: Printable) -> QImage:
    """Return the plot as an image."""
    size = panel.viewport().size()
    image = QImage(size * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    image.fill(QColor(LIGHT.surface))
    with panel.on_paper(SCALE, thickness=SCALE / 2):
        _paint(panel, image, QRectF(0, 0, size.width(), size.height()))
    return image


def drawing(panel: Printable) -> bytes:
    """Return the plot as SVG; its origin stands in its metadata."""
    size = panel.viewport().size()
    out = QByteArray()
    buffer = QBuffer(out)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(size))
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setResolution(panel.logicalDpiX())
    generator.setTitle(panel.title)
    with panel.on_paper(SCALE):
        _paint(panel, generator, QRectF(0, 0, size.width(), size.height()))
    origin = "\n".join(f"{name}: {text}" for name, text in described(panel).items())
    metadata = f"<metadata>{escape(origin)}</metadata>\n<defs>".encode()
    svg = bytes(out.data()).replace(b"<defs>", metadata, 1)
    return re.sub(rb'font-family="([^"]*)"', rb'font-family="\1, sans-serif"', svg)


def _paint(panel: Printable, device: object, target: QRectF) -> None:
    """Paint the panel with vector outlines instead of cached pixels."""
    cached = [item for item in panel.scene().items() if isinstance(item, ScatterPlotItem)]
    for item in cached:
        item.setExportMode(True, {})
    painter = QPainter(device)  # type: ignore[call-overload]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    panel.render(painter, target, panel.viewport().rect())
    painter.end()
    for item in cached:
        item.setExportMode(False)


_WRITERS: dict[str, Callable[[Printable], bytes]] = {
    "png": png,
    "svg": drawing,
    "csv": numbers,
}
