"""Layout of a recording file; docs/reference/file-format.md describes it in prose.

A file being written (or left by a killed process) holds ``entry/journal``: the lines of the index and the
log of commits. A finished file holds ``entry/events`` and ``entry/traces`` instead, and is compressed.
"""

import json
import zlib
from collections.abc import Iterable
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.recording.header import RunHeader

FORMAT = "hotjunction recording"
FORMAT_VERSION = 2

STATUS_UNFINISHED = "unfinished"
STORED_PLAIN = "plain, as recorded"
STORED_COMPRESSED = "compressed"

LIVE_CHUNK = 4096
"""Samples in a chunk while recording: 32 kB, rewritten at each flush."""

FINISHED_CHUNK = 16384

COMMIT = np.dtype(
    [("samples", "<i8"), ("segments", "<i8"), ("lines", "<i8"), ("crc", "<u4"), ("check", "<u4")]
)
"""One line of the log of commits: numbers of samples in each channel, segments and bytes of journal lines in the file,
CRC-32 of the data added since the previous line, CRC-32 of this line's other fields."""

TEXT = h5py.string_dtype()


def sealed_commit(samples: int, segments: int, lines: int, crc: int) -> NDArray[np.void]:
    """Return one commit, shape (1,), with its own check sum."""
    row = np.array([(samples, segments, lines, crc, 0)], dtype=COMMIT)
    row["check"] = commit_check(row)
    return row


def commit_check(rows: NDArray[np.void]) -> NDArray[np.uint32]:
    """Return the value that the field ``check`` of each commit must have, shape (n,)."""
    return np.array([zlib.crc32(row.tobytes()[: COMMIT.itemsize - 4]) for row in rows], dtype=np.uint32)


def crc(parts: Iterable[NDArray[Any] | bytes], start: int = 0) -> int:
    """Return the CRC-32 of the parts, one after another."""
    for part in parts:
        start = zlib.crc32(part if isinstance(part, bytes) else np.ascontiguousarray(part).data, start)
    return start


def line(kind: str, content: dict[str, Any]) -> bytes:
    """Return one journal line as bytes of JSON."""
    return (json.dumps({kind: content}, separators=(",", ":"), allow_nan=False) + "\n").encode()


def write_frame(file: h5py.File, header: RunHeader, run: bytes) -> h5py.Group:
    """Write everything that a recording file has apart from its samples; return the NXentry.

    ``run`` marks the file and its log as those of one run; empty for a run without a log.
    """
    file.attrs.update(NX_class="NXroot", default="entry", creator="hotjunction", format=FORMAT)
    file.attrs["format_version"] = FORMAT_VERSION
    file.attrs["run"] = run.hex()
    entry = file.create_group("entry")
    entry.attrs.update(NX_class="NXentry", default="raw")
    for name, text in (("title", header.title or header.procedure), ("start_time", header.started)):
        if text:
            entry[name] = text
    entry["program_name"] = "hotjunction"
    entry["header"] = json.dumps(header.to_json(), indent=1, allow_nan=False)
    entry["header"].attrs["long_name"] = "what was known when the run began, as JSON"
    if header.sample:
        sample = entry.create_group("sample")
        sample.attrs["NX_class"] = "NXsample"
        sample["name"] = header.sample
    entry.create_dataset("status", data=STATUS_UNFINISHED.encode(), dtype="S32")
    entry.create_dataset("storage", data=STORED_PLAIN.encode(), dtype="S200")
    raw = entry.create_group("raw")
    raw.attrs.update(NX_class="NXdata", signal=header.channels[0].name, rate_Hz=header.rate_Hz)
    kept = "demodulated points" if header.demodulated else "raw samples"
    raw.attrs["title"] = f"{header.channels[0].name}, {kept}"
    raw.attrs["auxiliary_signals"] = np.array(header.channel_names[1:], dtype=TEXT)
    return entry


def write_channels(raw: h5py.Group, header: RunHeader, **storage: Any) -> list[h5py.Dataset]:
    """Create one dataset for each channel; ``storage`` goes to ``create_dataset``."""
    datasets = []
    for channel in header.channels:
        dataset = raw.create_dataset(channel.name, dtype=f"<{channel.dtype}", **storage)
        dataset.attrs["units"] = channel.unit
        dataset.attrs["long_name"] = f"{channel.role or channel.name} ({channel.unit or 'unit unknown'})"
        datasets.append(dataset)
    return datasets
