"""Number that can be read from two metres: large, of fixed width, with a smaller and lighter unit."""

from math import ceil

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QAction, QColor, QFont, QFontMetricsF, QGuiApplication, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from analysis.numbers import fixed_decimals
from app.gui.widgets.theme import LARGE, RADIUS, SMALL, Theme, tabular

NUMBER_PT, UNIT_PT, CAPTION_PT = 22.0, 13.0, 9.0
SMALLEST_CAPTION = 0.85


class BigNumber(QWidget):
    """Caption, number, unit, and a note beside the caption; the number can be copied.

    Parameters
    ----------
    theme : Theme
    caption : str
    widest : str
        Widest number that will be shown.
    unit : str
    note : str
        Longest note that will be shown.
    """

    def __init__(
        self,
        theme: Theme,
        caption: str,
        widest: str,
        unit: str = "",
        note: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.theme, self.caption, self.unit = theme, caption, unit
        self.number = self.note = ""
        self.colour, self.note_colour = "text", "quiet"
        self._widest, self._longest = widest, note
        self.scale(1.0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        copy = QAction(f"Copy {caption.lower()}", self)
        copy.triggered.connect(self.copy)
        self.addAction(copy)
        theme.changed.connect(self.update)

    def scale(self, factor: float) -> None:
        """Scale all fonts by a factor, so that on a small screen no number is cut."""
        self._fonts = (
            tabular(self.font(), NUMBER_PT * factor, QFont.Weight.Medium),
            tabular(self.font(), UNIT_PT * factor),
            tabular(self.font(), CAPTION_PT * max(factor, SMALLEST_CAPTION)),
        )
        number, unit, caption = (QFontMetricsF(font) for font in self._fonts)
        self._number_width = number.horizontalAdvance(self._widest)
        self._caption_width = caption.horizontalAdvance(self.caption)
        self._heights = (caption.height(), number.height())
        above = self._caption_width + 3 * SMALL + caption.horizontalAdvance(self._longest)
        below = self._number_width + unit.horizontalAdvance(self.unit) + 2 * SMALL
        self._size = QSize(ceil(max(above, below)), ceil(sum(self._heights)))
        self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """Number with its unit."""
        return f"{self.number} {self.unit}".strip()

    def say(self, number: str, note: str = "", colour: str = "text", note_colour: str = "quiet") -> None:
        """Show a number and a note in colours of the palette, given by name."""
        if (number, note, colour, note_colour) == (self.number, self.note, self.colour, self.note_colour):
            return
        self.number, self.note, self.colour, self.note_colour = number, note, colour, note_colour
        self.setAccessibleName(f"{self.caption} {self.text} {note}".strip())
        self.update()

    @property
    def note_left(self) -> float:
        """Distance of the note from the left, in pixels; 0 if it is long and takes the caption's place."""
        beside = self._caption_width + 2 * SMALL
        return (
            beside
            if QFontMetricsF(self._fonts[2]).horizontalAdvance(self.note) <= self.width() - beside
            else 0.0
        )

    def copy(self) -> None:
        """Copy number and unit to the clipboard."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.text)

    def sizeHint(self) -> QSize:
        """Return the size that the widest number needs."""
        return self._size

    def paintEvent(self, ev: QPaintEvent | None) -> None:
        """Draw caption and note above, number and unit below."""
        painter = QPainter(self)
        self._paint_words(painter)
        painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        colours = self.theme.palette
        number, unit, caption = self._fonts
        top, height = self._heights
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(caption)
        beside = self.note_left
        if beside:
            painter.setPen(QColor(colours.quiet))
            painter.drawText(QRectF(0, 0, self.width(), top), left, self.caption)
        if self.note:
            painter.setPen(QColor(getattr(colours, self.note_colour)))
            room = self.width() - beside
            note = QFontMetricsF(caption).elidedText(self.note, Qt.TextElideMode.ElideMiddle, room)
            painter.drawText(QRectF(beside, 0, room, top), left, note)
        painter.setFont(number)
        painter.setPen(QColor(getattr(colours, self.colour)))
        below = QRectF(0, top, self._number_width, height)
        painter.drawText(below, left, self.number)
        base = top + (height + QFontMetricsF(number).capHeight()) / 2
        painter.setFont(unit)
        painter.setPen(QColor(colours.quiet))
        after = QFontMetricsF(number).horizontalAdvance(self.number)
        painter.drawText(round(after + SMALL), round(base), self.unit)


class PositionReadout(BigNumber):
    """Number with a bar that shows where it is between its limits."""

    BAR_WIDTH, BAR_HEIGHT = 112, 10
    NEAR_END = 0.05

    def __init__(
        self, theme: Theme, caption: str, widest: str, unit: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, caption, widest, unit, "near its limit", parent)
        self.limits = (float("nan"), float("nan"))
        self.at = float("nan")

    def scale(self, factor: float) -> None:
        """Scale fonts and bar by a factor."""
        super().scale(factor)
        self._number_room, self._bar_width = self._size.width(), round(self.BAR_WIDTH * factor)
        self._size = QSize(self._number_room + LARGE + self._bar_width, self._size.height())

    def point(self, at: float, limits: tuple[float, float]) -> None:
        """Set the position and its limits."""
        if (at, limits) != (self.at, self.limits):
            self.at, self.limits = at, limits
            self.update()

    @property
    def fraction(self) -> float:
        """Position from 0 at the lower to 1 at the upper limit; NaN if unknown."""
        low, high = self.limits
        return (self.at - low) / (high - low) if high > low else float("nan")

    @property
    def near_end(self) -> bool:
        """True close to the upper limit, where the piezo has little range left towards the sample."""
        return self.fraction > 1.0 - self.NEAR_END

    def paintEvent(self, ev: QPaintEvent | None) -> None:
        """Draw the texts, then the bar."""
        painter = QPainter(self)
        self._paint_words(painter)
        if self.fraction == self.fraction:
            self._paint_bar(painter)
        painter.end()

    def _paint_bar(self, painter: QPainter) -> None:
        colours = self.theme.palette
        top, height = self._heights
        left = self._number_room + LARGE
        bar = QRectF(left, top + (height - self.BAR_HEIGHT) / 2, self._bar_width, self.BAR_HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.edge))
        painter.drawRoundedRect(bar, RADIUS, RADIUS)
        filled = QRectF(bar)
        filled.setWidth(max(self._bar_width * min(max(self.fraction, 0.0), 1.0), 2.0 * RADIUS))
        painter.setBrush(QColor(colours.warning if self.near_end else colours.accent))
        painter.drawRoundedRect(filled, RADIUS, RADIUS)
        painter.setFont(self._fonts[2])
        painter.setPen(QColor(colours.quiet))
        below = QRectF(left, 0, self._bar_width, top)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, fixed_decimals(self.limits[0], 1))
        painter.drawText(
            below, Qt.AlignmentFlag.AlignRight, f"{fixed_decimals(self.limits[1], 1)} {self.unit}"
        )
