"""Appending to an HDF5 dataset at little cost."""

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray


class GrowingDataset:
    """A dataset that grows along its first axis.

    h5py's own ``resize`` and slice assignment build a general selection each time, which costs three times as much as
    HDF5 itself for a short append; this class uses the layer below.

    Parameters
    ----------
    dataset : h5py.Dataset
        Chunked, without a limit along its first axis.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._id = dataset.id
        self._dtype = dataset.dtype
        self._rest = dataset.shape[1:]
        self._offset = (0,) * len(self._rest)
        self.length = int(dataset.shape[0])

    def append(self, values: NDArray[Any]) -> NDArray[Any]:
        """Write ``values``, shape (n, ...), after the last; return them as stored."""
        stored = np.ascontiguousarray(values, dtype=self._dtype)
        if n := len(stored):
            self._id.set_extent((self.length + n, *self._rest))
            place = self._id.get_space()
            place.select_hyperslab((self.length, *self._offset), stored.shape)
            self._id.write(h5py.h5s.create_simple(stored.shape), place, stored)
            self.length += n
        return stored
