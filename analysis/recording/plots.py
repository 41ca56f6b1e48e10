"""Plots stored in a recording, in a layout that silx view, h5web and xarray show directly."""

from dataclasses import dataclass

import h5py
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PlotAxis:
    """One axis: ``values``, shape (n,), in ``unit``; viewers show ``label``."""

    name: str
    values: NDArray[np.float64]
    unit: str = ""
    label: str = ""


@dataclass(frozen=True, eq=False)
class Plot:
    """One NXdata group.

    Parameters
    ----------
    name : str
        Name of the group in ``entry`` ("histogram", "trace").
    title : str
    signal : Axis
        Plotted quantity; its ``values`` have shape (n,), or (n, m) for an image.
    axes : tuple of Axis
        One for each dimension of the signal, of the same lengths (bin centres, not edges).
    """

    name: str
    title: str
    signal: PlotAxis
    axes: tuple[PlotAxis, ...]

    def __post_init__(self) -> None:
        lengths = tuple(len(axis.values) for axis in self.axes)
        if lengths != np.shape(self.signal.values):
            raise ValueError(
                f"plot {self.name}: axes of lengths {lengths}, signal {np.shape(self.signal.values)}"
            )


def write_plots(entry: h5py.Group, plots: tuple[Plot, ...]) -> None:
    """Write the plots into an NXentry and make the first its default."""
    for plot in plots:
        group = entry.create_group(plot.name)
        names = np.array([axis.name for axis in plot.axes], dtype=h5py.string_dtype())
        group.attrs.update(NX_class="NXdata", signal=plot.signal.name, axes=names, title=plot.title)
        group["title"] = plot.title
        signal = _write(group, plot.signal)
        for i, axis in enumerate(plot.axes):
            group.attrs[f"{axis.name}_indices"] = i
            scale = _write(group, axis)
            scale.make_scale(axis.name)  # dimension scales give xarray its dimensions and coordinates
            signal.dims[i].attach_scale(scale)
    if plots:
        entry.attrs["default"] = plots[0].name


def _write(group: h5py.Group, axis: PlotAxis) -> h5py.Dataset:
    dataset = group.create_dataset(axis.name, data=axis.values)
    dataset.attrs["units"] = axis.unit
    label = axis.label or axis.name
    dataset.attrs["long_name"] = f"{label} ({axis.unit})" if axis.unit else label
    return dataset
