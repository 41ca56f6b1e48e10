"""Window sizes that fit the screen."""

from PyQt6.QtCore import QRect, QSize
from PyQt6.QtWidgets import QStyle, QWidget


def fitting(wanted: QSize, available: QRect, title_bar: int) -> QSize:
    """Return the wanted size, cut to the available area below a title bar. All in pixels."""
    return wanted.boundedTo(QSize(available.width(), available.height() - title_bar))


def fit_to_screen(window: QWidget, wanted: QSize) -> None:
    """Resize a window to the wanted size, or less, so that it fits the screen with its title bar."""
    screen, style = window.screen(), window.style()
    if screen is None or style is None or window.isMaximized() or window.isFullScreen():
        return
    title_bar = style.pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
    window.resize(fitting(wanted, screen.availableGeometry(), title_bar))
