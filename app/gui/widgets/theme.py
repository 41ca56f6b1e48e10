"""Appearance of the windows: a light and a dark palette, spacings and fonts, and the choice between the palettes.

Positive bias is vermilion and negative bias blue everywhere: colours of Okabe and Ito ("Color Universal
Design", 2008) that colour-blind people can distinguish; lighter in the dark palette.
"""

from dataclasses import dataclass
from enum import StrEnum

from PyQt6.QtCore import QObject, QSettings, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QPalette
from PyQt6.QtWidgets import QApplication

from app.gui.widgets.outlined_style import OutlinedStyle

SMALL, MEDIUM, LARGE = 4, 8, 16
"""The three spacings, in pixels."""
RADIUS = 4
"""Radius of all corners, in pixels."""


@dataclass(frozen=True)
class Palette:
    """Colours of one theme.

    Text colours (``text``, ``quiet``, ``accent``, ``danger``, ``warning``, ``replay``, ``neutral``,
    ``positive_text``, ``negative_text``) reach a contrast of 4.5 to 1 on ``window`` and ``surface``; the outlines of
    editable fields and the colours of data reach 3 to 1.
    """

    name: str
    window: str
    surface: str
    raised: str
    edge: str
    outline: str
    """Outline of editable fields and boxes."""
    text: str
    quiet: str
    grid: str
    accent: str
    on_accent: str
    danger: str
    on_danger: str
    warning: str
    danger_fill: str
    """Background of the Retract button and of alarms; their text is ``on_danger``."""
    warning_fill: str
    on_warning: str
    """Text of a warning; its background is ``warning_fill``."""
    replay: str
    replay_window: str
    """Background of the status line of a replay."""
    neutral: str
    positive: str
    negative: str
    positive_model: str
    negative_model: str
    positive_text: str
    negative_text: str
    """Colours of numbers and text that belong to a polarity."""
    data: str
    """Colour of data without polarity: counts, spectra, transmission."""
    data_model: str
    sequence: tuple[str, ...]
    heat: tuple[str, ...]
    """Anchors of the colour map of a 2D histogram; the first is the background itself."""

    def polarity(self, sign: float, *, model: bool = False) -> str:
        """Return the colour of a bias of this sign; neutral for zero."""
        if sign == 0:
            return self.neutral
        if sign > 0:
            return self.positive_model if model else self.positive
        return self.negative_model if model else self.negative


LIGHT = Palette(
    name="light", window="#f1f3f5", surface="#ffffff", raised="#ffffff", edge="#ccd2d8", outline="#7d858d",
    text="#1b1f23", quiet="#59626c", grid="#6b737b", accent="#00705a", on_accent="#ffffff",
    danger="#b3122b", on_danger="#ffffff", danger_fill="#b3122b", warning_fill="#ffe0a3", on_warning="#3f2800",
    warning="#8a5500", replay="#6f3fa0", replay_window="#eadff5",
    neutral="#656d76",
    positive="#D55E00", negative="#0072B2", positive_model="#8f3d00", negative_model="#004a75",
    positive_text="#a64900", negative_text="#0068a3",
    data="#5f51b5", data_model="#241a66",
    sequence=("#0072B2", "#009E73", "#B45F00", "#A3527F", "#5b6570", "#5f51b5"),
    heat=("#ffffff", "#b9dcec", "#4b9fc9", "#3a5fa8", "#43277a", "#1e0a33"),
)  # fmt: skip
DARK = Palette(
    name="dark", window="#0e1114", surface="#14181c", raised="#1d2227", edge="#363d45", outline="#6b7480",
    text="#e4e8ec", quiet="#9aa4ae", grid="#7e8891", accent="#3fcfae", on_accent="#06241d",
    danger="#ff6b6b", on_danger="#ffffff", danger_fill="#c4303c", warning_fill="#5c4200", on_warning="#ffe7b8",
    warning="#f0b040", replay="#c4a1f2", replay_window="#2b1f3f",
    neutral="#98a1aa",
    positive="#ff8c42", negative="#56B4E9", positive_model="#ffc49b", negative_model="#b3dcf5",
    positive_text="#ff8c42", negative_text="#56B4E9",
    data="#9d92f0", data_model="#e0dbff",
    sequence=("#56B4E9", "#2FC79A", "#E69F00", "#D98BB5", "#a7b0b9", "#9d92f0"),
    heat=("#14181c", "#1f3a5f", "#1c6f8c", "#2fa58a", "#a5cf5f", "#fdf3b4"),
)  # fmt: skip


class Choice(StrEnum):
    """Choice of the user: light, dark, or the same as the desktop."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(QObject):
    """Active palette. Widgets read ``palette`` and connect to ``changed``.

    Parameters
    ----------
    settings : QSettings
        Remembers the choice under "theme".
    """

    changed = pyqtSignal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        try:
            self._choice = Choice(str(settings.value("theme", Choice.SYSTEM.value)))
        except ValueError:
            self._choice = Choice.SYSTEM
        hints = QApplication.styleHints()
        assert hints is not None
        self._hints = hints
        hints.colorSchemeChanged.connect(self._system_changed)
        self._palette = self._wanted()

    @property
    def palette(self) -> Palette:
        """Colours in use."""
        return self._palette

    @property
    def choice(self) -> Choice:
        """Choice of the user."""
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Apply a choice and save it in the settings."""
        self._choice = choice
        self._settings.setValue("theme", choice.value)
        self._follow()

    def dress(self, app: QApplication) -> None:
        """Give the application Fusion style, the colours in use and a font with digits of equal width."""
        app.setStyle(OutlinedStyle("Fusion"))
        app.setFont(tabular(app.font()))
        self._colour_application()

    def _wanted(self) -> Palette:
        if self._choice is Choice.SYSTEM:
            return DARK if self._hints.colorScheme() is Qt.ColorScheme.Dark else LIGHT
        return DARK if self._choice is Choice.DARK else LIGHT

    def _system_changed(self) -> None:
        self._follow()

    def _follow(self) -> None:
        if self._wanted() is self._palette:
            return
        self._palette = self._wanted()
        self._colour_application()
        self.changed.emit()

    def _colour_application(self) -> None:
        QApplication.setPalette(qt_palette(self._palette))


def qt_palette(colours: Palette) -> QPalette:
    """Return Qt's palette in these colours."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for roles, colour in (
        ((role.Window,), colours.window),
        ((role.Base, role.ToolTipBase), colours.surface),
        ((role.AlternateBase,), colours.window),
        ((role.Button,), colours.raised),
        ((role.Light,), colours.raised),
        ((role.Midlight, role.Dark, role.Shadow), colours.edge),
        ((role.Mid,), colours.outline),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText), colours.text),
        ((role.PlaceholderText,), colours.quiet),
        ((role.Highlight, role.Accent, role.Link), colours.accent),
        ((role.HighlightedText,), colours.on_accent),
        ((role.LinkVisited,), colours.neutral),
    ):
        for each in roles:
            palette.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, each, QColor(colours.quiet))
    for each, colour in (
        (role.Base, colours.window),
        (role.Button, colours.window),
        (role.Mid, colours.edge),
    ):
        palette.setColor(group.Disabled, each, QColor(colour))
    palette.setColor(group.Disabled, role.Highlight, QColor(colours.edge))
    palette.setColor(group.Disabled, role.HighlightedText, QColor(colours.text))
    return palette


def tabular(font: QFont, points: float | None = None, weight: QFont.Weight | None = None) -> QFont:
    """Return the font with digits of equal width, so that a changing number does not move."""
    font = QFont(font)
    font.setFeature(QFont.Tag("tnum"), 1)
    if points is not None:
        font.setPointSizeF(points)
    if weight is not None:
        font.setWeight(weight)
    return font
