"""Protocols of a plot as exports and its menu need it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from app.gui.plots.axis import ReadableAxis
from app.gui.plots.layers import Layer
from app.gui.plots.overlay import Overlay
from app.gui.plots.ranges import Range


class Printable(Protocol):
    """Plot that can be painted on paper and written as numbers; a ``QGraphicsView`` besides."""

    title: str
    origin: Callable[[], Mapping[str, str]]
    """Returns the origin of the data: recording, sample, procedure, start, results; an export contains it."""
    layers: list[Layer]
    message: Any
    """Signal with a sentence about an export."""
    x_axis: ReadableAxis
    y_axis: ReadableAxis

    def on_paper(self, pixels: float, thickness: float = 1.0) -> AbstractContextManager[None]:
        """Draw it on white, without the crosshair, within the context."""

    def viewport(self) -> Any:
        """Return the widget that is painted."""

    def scene(self) -> Any:
        """Return the items of the plot."""

    def render(self, painter: Any, target: Any, source: Any) -> None:
        """Paint the plot."""

    def logicalDpiX(self) -> int:
        """Return dots per inch."""


class Adjustable(Printable, Protocol):
    """Plot whose ranges and scales can be chosen in its menu."""

    reading: Overlay

    def reset(self) -> None:
        """Show all data again."""

    @property
    def home(self) -> tuple[Range | None, Range | None]:
        """Horizontal and vertical range after a reset."""

    def set_log(self, axis: ReadableAxis, log: bool) -> None:
        """Make an axis logarithmic, or linear."""

    def copy_value(self) -> None:
        """Copy the value under the crosshair."""
