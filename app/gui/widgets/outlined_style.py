"""Fusion style with a visible outline around editable fields; Fusion's own disappears in the dark theme."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter, QPalette
from PyQt6.QtWidgets import QPlainTextEdit, QProxyStyle, QStyle, QStyleOption, QStyleOptionComplex, QWidget

CORNER = 2.0
FRAMES = (QStyle.PrimitiveElement.PE_FrameLineEdit, QStyle.PrimitiveElement.PE_IndicatorCheckBox)


class OutlinedStyle(QProxyStyle):
    """Style that outlines fields, boxes and choices in the palette's colour "Mid"; the focus frame is unchanged."""

    def drawPrimitive(
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption | None,
        painter: QPainter | None,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the element as Fusion does, then its outline."""
        super().drawPrimitive(element, option, painter, widget)
        written = isinstance(widget, QPlainTextEdit) and not widget.isReadOnly()
        if element in FRAMES or (element == QStyle.PrimitiveElement.PE_Frame and written):
            _outline(option, painter)

    def drawComplexControl(
        self,
        control: QStyle.ComplexControl,
        option: QStyleOptionComplex | None,
        painter: QPainter | None,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the element as Fusion does, then its outline."""
        super().drawComplexControl(control, option, painter, widget)
        if control == QStyle.ComplexControl.CC_ComboBox:
            _outline(option, painter)


def _outline(option: QStyleOption | None, painter: QPainter | None) -> None:
    if option is None or painter is None or option.state & QStyle.StateFlag.State_HasFocus:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(option.palette.color(QPalette.ColorRole.Mid))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
    painter.restore()
