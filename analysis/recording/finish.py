"""Conversion of a recording as written to the file that is kept: compressed, with tables, plots and a seal."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from analysis.recording import byte_seal, durable, layout, manifest
from analysis.recording.errors import RecordingError, reason
from analysis.recording.plots import Plot, write_plots
from analysis.recording.reader import Recording
from analysis.recording.run_log import log_of
from analysis.shared_files import remove_file

_STORAGE: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True, "fletcher32": True}


def finish(path: Path, plots: Sequence[Plot] = (), result: str = "") -> str:
    """Build the finished file from the log of ``path``, put it in the place of the view, and remove the log.

    The finished file is on the disk, sealed, read back and compared with the log before it takes the name; the log
    goes last. Wherever this is interrupted, log or finished file is whole.

    Returns
    -------
    str
        Storage of the recording: "compressed", or the reason why log and view were left.
    """
    log = log_of(path)
    copy = path.with_name(f".{path.name}.building")
    try:
        remove_file(copy)
        with Recording(log) as recording:
            recording.verify()
            write_finished(copy, recording, recording.status, plots, result)
        durable.replace(copy, path)
        durable.remove(log)
    except (OSError, RuntimeError, RecordingError) as error:
        remove_file(copy)
        return f"{layout.STORED_PLAIN}: {reason(error)}"
    return layout.STORED_COMPRESSED


def write_finished(
    target: Path, source: Recording, status: str, plots: Sequence[Plot] = (), result: str = ""
) -> None:
    """Write ``source`` as a finished, sealed file and compare the two. ``result`` is a line for lists of recordings.

    Raises
    ------
    RecordingError
        If the source cannot be read, or the copy differs from it.
    OSError
        If the copy cannot be written.
    """
    with h5py.File(target, "w", libver=("v108", "v110")) as file:
        entry = layout.write_frame(file, source.header, source.run)
        entry["status"][()] = status.encode()
        entry["storage"][()] = layout.STORED_COMPRESSED.encode()
        _write_samples(entry, source)
        _write_table(entry, "events", _event_columns(source))
        _write_table(entry, "traces", _trace_columns(source))
        write_plots(entry, tuple(plots))
        if result:
            entry.attrs["result"] = result
        manifest.write(file)
        byte_seal.reserve(file)
    byte_seal.write(target)
    durable.sync_file(target)
    if not byte_seal.holds(target):
        raise RecordingError(f"{target}: the copy does not hold what was written")
    _compare(target, source)


def _write_samples(entry: h5py.Group, source: Recording) -> None:
    raw, n = entry["raw"], source.n_samples
    storage = {**_STORAGE, "chunks": (min(n, layout.FINISHED_CHUNK),)} if n else {}
    datasets = layout.write_channels(raw, source.header, shape=(n,), **storage)
    # a dimension without coordinates, as netCDF writes it; it takes no space
    scale = raw.create_dataset("sample", shape=(n,), dtype=">f4")
    scale.make_scale(f"This is a netCDF dimension but not a netCDF variable.{n:10d}")
    for dataset in datasets:
        dataset.dims[0].attach_scale(scale)
    row, segments = 0, []
    expected = None
    for block in source.blocks(layout.FINISHED_CHUNK * 8):
        if block.first != expected:
            segments.append((block.first, row))
        for i, dataset in enumerate(datasets):
            dataset[row : row + len(block)] = block.data[i]
        row, expected = row + len(block), block.stop
    table = np.array(segments, dtype="<i8").reshape(-1, 2)
    entry["segments"] = table
    entry["segments"].attrs["long_name"] = "index of the first sample, row of the first sample"
    for axis, name in enumerate(("segment", "segment_column")):
        entry["segments"].dims[axis].attach_scale(
            _scale(entry, name, table.shape[axis], name.replace("_", " "))
        )


def _event_columns(source: Recording) -> dict[str, Any]:
    return {
        "sample": np.array([e.sample for e in source.events], dtype="<i8"),
        "kind": [str(e.kind) for e in source.events],
        "name": [e.name for e in source.events],
        "payload": [json.dumps(dict(e.payload)) for e in source.events],
    }


def _trace_columns(source: Recording) -> dict[str, Any]:
    lines = [entry.to_json() for entry in source.traces]
    columns: dict[str, Any] = {name: [x[name] for x in lines] for name in ("ended", "reason", "source")}
    for name in ("flags", "settings"):
        columns[name] = [json.dumps(x[name]) for x in lines]
    for name in ("number", "start", "stop"):
        columns[name] = np.array([x[name] for x in lines], dtype="<i8")
    columns["kept"] = np.array([x["kept"] for x in lines], dtype="u1")
    columns["bias_V"] = np.array([entry.bias_V for entry in source.traces], dtype="<f8")
    return columns


def _write_table(entry: h5py.Group, name: str, columns: dict[str, Any]) -> None:
    """Write the columns of a table along one dimension, which xarray and netCDF know by name."""
    group = entry.create_group(name)
    group.attrs["NX_class"] = "NXcollection"
    dimension = name.removesuffix("s")
    scale = _scale(
        group, dimension, len(columns["name" if name == "events" else "number"]), f"line of {name}"
    )
    for column, values in columns.items():
        kind = {} if isinstance(values, np.ndarray) else {"dtype": layout.TEXT}
        dataset = group.create_dataset(column, data=values, **kind)
        dataset.dims[0].attach_scale(scale)
        if column in _UNITS:
            dataset.attrs.update(units=_UNITS[column][0], long_name=_UNITS[column][1])


_UNITS = {
    "sample": ("1", "index of the first sample after the event"),
    "start": ("1", "index of the first sample"),
    "stop": ("1", "index after the last sample"),
    "bias_V": ("V", "bias"),
}


def _scale(group: h5py.Group, name: str, size: int, label: str) -> h5py.Dataset:
    """Write the numbers from 0 as a dimension; it has the name of its dataset, which xarray shows."""
    scale = group.create_dataset(name, data=np.arange(size, dtype="<i8"))
    scale.attrs.update(units="1", long_name=label)
    scale.make_scale(name)
    return scale


def _compare(target: Path, source: Recording) -> None:
    with Recording(target) as copy:
        same = (
            copy.n_samples == source.n_samples
            and copy.gaps == source.gaps
            and [e.to_json() for e in copy.traces] == [e.to_json() for e in source.traces]
            and copy.events == source.events
        )
        pairs = zip(copy.blocks(), source.blocks(), strict=same)
        if not (same and all(a.data.tobytes() == b.data.tobytes() for a, b in pairs)):
            raise RecordingError(f"{target}: the copy differs from {source.path}")
