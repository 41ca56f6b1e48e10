"""Style of figures on light and dark pages, and their conversion to text for a page."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation

from analysis.shared_files import write_file

_SVG_DPI = 72.0

_POWER = re.compile(r"\$\\mathdefault\{(?:(\S+)\\times)?10\^\{([-−]?\d+)\}\}\$")
_RAISED = str.maketrans("-−0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class PowersOfTen(LogFormatterSciNotation):
    """Labels of a logarithmic axis as plain text, 10⁻³, without the typesetting that takes a fifth of a report."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick."""
        return _POWER.sub(_plain, super().__call__(x, pos))


def _plain(match: re.Match[str]) -> str:
    factor = f"{match[1]}×" if match[1] else ""
    return f"{factor}10{match[2].translate(_RAISED)}"


@dataclass(frozen=True)
class Style:
    """Colours of one kind of page. Data colours are Okabe and Ito's, safe for the colour-blind."""

    name: str
    background: str
    text: str
    grid: str
    data: str
    fit: str
    quiet: str
    sequence: tuple[str, ...]
    colormap: str

    @property
    def colours(self) -> tuple[str, ...]:
        """Every colour, in the same order in each style."""
        return (self.background, self.text, self.grid, self.data, self.fit, self.quiet, *self.sequence)

    @property
    def positive(self) -> str:
        """Colour of positive bias, in every figure of heat and current."""
        return self.fit

    @property
    def negative(self) -> str:
        """Colour of negative bias."""
        return self.data


LIGHT = Style(
    "light", "#ffffff", "#1f2328", "#d8dde3", "#0072B2", "#D55E00", "#6b7480",
    ("#0072B2", "#009E73", "#B45F00", "#A3527F"), "viridis",
)  # fmt: skip
DARK = Style(
    "dark", "#16191d", "#e3e6ea", "#363c44", "#56B4E9", "#F28C38", "#9aa3ad",
    ("#56B4E9", "#2FC79A", "#E69F00", "#D98BB5"), "viridis",
)  # fmt: skip


@contextmanager
def drawn_in(style: Style) -> Iterator[None]:
    """Draw the figures inside the block in this style."""
    coloured = (
        "text.color",
        "axes.labelcolor",
        "axes.titlecolor",
        "xtick.color",
        "ytick.color",
        "axes.edgecolor",
    )
    settings = {
        **dict.fromkeys(coloured, style.text),
        "figure.facecolor": style.background,
        "axes.facecolor": style.background,
        "savefig.facecolor": style.background,
        "grid.color": style.grid,
        "grid.linewidth": 0.6,
        "axes.linewidth": 0.8,
        "axes.grid": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.labelsize": 10,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "legend.fontsize": 9,
        "legend.frameon": False,
        "lines.linewidth": 1.0,
        "figure.constrained_layout.use": True,
        "svg.hashsalt": "hotjunction",
    }
    with matplotlib.rc_context(settings):
        yield


@contextmanager
def laid_out(figure: Figure) -> Iterator[None]:
    """Lay out a figure for good: matplotlib else draws it twice each time that it is saved inside the block."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    with matplotlib.rc_context({"figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)
        yield


def svg_text(figure: Figure) -> str:
    """Return the figure as SVG."""
    buffer = BytesIO()
    FigureCanvasSVG(figure)  # whose sizes of text the layout follows
    figure.set_dpi(_SVG_DPI)
    label_powers(figure)
    with laid_out(figure):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue().decode()


def write_figure(figure: Figure, path: Path, **options: Any) -> None:
    """Write a figure in the format of the file's suffix, whole or not at all. Takes the options of ``savefig``.

    Raises
    ------
    OSError
        If the file can't be written. (On a full disk, matplotlib's own writers end in errors of their own.)
    ValueError
        For an unknown format.
    """
    buffer = BytesIO()
    figure.savefig(buffer, format=path.suffix.removeprefix("."), **options)
    write_file(path, buffer.getvalue())


def label_powers(figure: Figure) -> None:
    """Replace the formatters of logarithmic axes, which a change of scale sets: those take long to lay out."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_formatter(), LogFormatterSciNotation):
                axis.set_major_formatter(PowersOfTen())
            if isinstance(axis.get_minor_formatter(), LogFormatterSciNotation):
                axis.set_minor_formatter(PowersOfTen())


def recoloured(svg: str, drawn: Style, wanted: Style) -> str:
    """Replace the colours of the style in which a figure was drawn by those of another.

    Laying out a figure takes nearly all the time of drawing it, and no size depends on a colour.
    """
    colours = {
        before.lower(): after.lower() for before, after in zip(drawn.colours, wanted.colours, strict=True)
    }
    return re.sub("|".join(colours), lambda match: colours[match[0].lower()], svg, flags=re.IGNORECASE)


def data_uri(svg: str) -> str:
    """Return a data URI that an ``img`` element shows."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
