"""Layers of which each picture needs others: kept from picture to picture, because Qt frees an item late or never."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

from app.gui.plots.layers import Layer
from app.gui.plots.panel import PlotPanel

L = TypeVar("L", bound=Layer)


class ReusedLayers:
    """Layers that a picture shows on a panel; the next picture gets those of the same kind again.

    Iterates over the layers shown, in the order in which they were taken.
    """

    def __init__(self, panel: PlotPanel) -> None:
        self._panel = panel
        self._shown: list[tuple[Hashable, Layer]] = []
        self._spare: dict[Hashable, list[Layer]] = defaultdict(list)

    def __iter__(self) -> Iterator[Layer]:
        return (layer for _, layer in self._shown)

    def clear(self) -> None:
        """Take all layers off the panel."""
        for key, layer in reversed(self._shown):  # the first is then taken first again
            self._panel.layers.remove(layer)
            layer.item.hide()
            self._spare[key].append(layer)
        self._shown = []

    def take(self, kind: Callable[..., L], name: str, *style: Hashable, **options: Any) -> L:
        """Return a layer on the panel whose data the caller sets, with the data of an earlier picture or none.

        Parameters
        ----------
        kind : callable
            Makes a layer from a name, style and options.
        name : str
        *style, **options
            Only a layer made with the same ones serves again; a colour is the same if it is the same function.
        """
        key = (kind, style, tuple(sorted(options.items())))
        if spare := self._spare[key]:
            layer: Any = spare.pop()
            layer.name = name
            layer.item.show()
            self._panel.layers.append(layer)
        else:
            layer = self._panel.add(kind(name, *style, **options))
        self._shown.append((key, layer))
        return layer
