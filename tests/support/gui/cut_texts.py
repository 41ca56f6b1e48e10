"""Texts that have too little room."""

from collections.abc import Iterator

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QTableView,
    QWidget,
)


def cut_texts(root: QWidget) -> list[str]:
    """Return the texts of visible widgets that are cut or shortened."""
    visible = [root, *(one for one in root.findChildren(QWidget) if one.isVisible())]
    return [text for widget in visible for text in _cut(widget)]


def _cut(widget: QWidget) -> Iterator[str]:
    match widget:
        case QLabel() if widget.text() and not _has_room(widget):
            yield widget.text()
        case QAbstractButton() if widget.text() and widget.sizeHint().width() > widget.width():
            yield widget.text()
        case QComboBox():
            option = QStyleOptionComboBox()
            option.initFrom(widget)
            room = _style(widget).subControlRect(
                QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, widget
            )
            yield from _wider(widget, [widget.currentText()], room)
        case QLineEdit():
            frame = QStyleOptionFrame()
            frame.initFrom(widget)
            room = _style(widget).subElementRect(QStyle.SubElement.SE_LineEditContents, frame, widget)
            yield from _wider(widget, [widget.text() or widget.placeholderText()], room.adjusted(2, 0, -2, 0))
        case QTableView():
            yield from _of_table(widget)
        case QHeaderView() if widget.orientation() is Qt.Orientation.Horizontal and not widget.isHidden():
            model = widget.model()
            for place in range(widget.count()):
                if widget.sectionSizeHint(place) > widget.sectionSize(place):
                    yield str(model.headerData(place, widget.orientation())) if model else ""


def _has_room(label: QLabel) -> bool:
    if label.wordWrap():
        return label.heightForWidth(label.width()) <= label.height()
    return label.sizeHint().width() <= label.width() and label.sizeHint().height() <= label.height()


def _wider(widget: QWidget, texts: list[str], room: QRect) -> Iterator[str]:
    yield from (text for text in texts if widget.fontMetrics().horizontalAdvance(text) > room.width())


def _of_table(table: QTableView) -> Iterator[str]:
    model = table.model()
    if model is None:
        return
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            index = model.index(row, column)
            if table.sizeHintForIndex(index).width() > table.visualRect(index).width():
                yield str(index.data())


def _style(widget: QWidget) -> QStyle:
    style = widget.style()
    assert style is not None
    return style
