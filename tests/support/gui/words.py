"""Every text that a window shows, and what no operator should have to read."""

import re
from collections.abc import Iterator

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QComboBox, QTabBar, QWidget

from app.gui.plots.heading import without_markup
from app.gui.plots.panel import PlotPanel

READ = ("text", "title", "placeholderText", "toolTip", "suffix", "windowTitle", "specialValueText", "html")
ADDRESS = re.compile(r"\S+://\S*|\S+::\S+|\S*/\S+/\S*|hotjunction-\w+")
"""Addresses and files, which are quoted as they are."""
TO_TYPE = re.compile(r"1e9|-\d+|[-\d.]+(?: [-\d.]+)+")
"""Numbers in a field as they are typed, and examples of them."""
RAW = {
    "a name of the code": re.compile(r"\b[A-Za-z]+_[A-Za-z]\w*"),
    "a power of ten of the code": re.compile(r"\d[eE][+-]?\d"),
    "JSON or code": re.compile(r"[{}`]|\b(None|nan|inf|True|False)\b"),
    "three dots": re.compile(r"\.\.\."),
    "a hyphen for a minus": re.compile(r"(?<![\w.)\]+-])(?<!Code: )-\d(?![:+])"),
    "a wrong plural": re.compile(
        r"(?<![\d.,])1 (traces|holds|curves|junctions|contacts|runs|periods|ruptures|cycles)\b"
    ),
}


def texts(root: QWidget) -> Iterator[str]:
    """Yield labels, tool tips, entries of lists and menus, and the words of empty plots."""
    for widget in (root, *root.findChildren(QWidget)):
        for name in READ:
            found = getattr(widget, name, None)
            if callable(found) and isinstance(text := found(), str):
                yield text
        if isinstance(widget, QComboBox):
            for i in range(widget.count()):
                yield widget.itemText(i)
                yield str(widget.itemData(i, Qt.ItemDataRole.ToolTipRole) or "")
        if isinstance(widget, QTabBar):
            yield from (widget.tabText(i) for i in range(widget.count()))
        if isinstance(widget, PlotPanel):
            yield from (widget.title, widget.empty_text, widget.reason)
            yield from (axis.quantity.label for axis in (widget.x_axis, widget.y_axis))
    for action in root.findChildren(QAction):
        if action.text() == "Export...":  # of pyqtgraph, in a menu that is never shown
            continue
        yield from (action.text(), action.toolTip())


def raw(text: str) -> list[str]:
    """Return what is raw in a text."""
    plain = "" if TO_TYPE.fullmatch(text) else ADDRESS.sub("", without_markup(text))
    return [
        f"{what}: {match[0]!r} in {text!r}" for what, rule in RAW.items() if (match := rule.search(plain))
    ]
