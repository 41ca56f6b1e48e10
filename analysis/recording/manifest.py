"""Digests of everything in a finished recording, by object, as JSON in the file; they survive a repacking."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.recording import layout
from analysis.recording.errors import BROKEN

DATASET = "seal/manifest"
RAW = "entry/raw/"


def manifest_of(file: h5py.File) -> dict[str, Any]:
    """Return the digests of every object of an open file: attributes, values, and rows of samples by chunk."""
    channels = {name: RAW + name for name in file["entry/raw"] if name != "sample"}
    objects = {
        name: {"attributes": _attributes(item), **({"values": values} if values else {})}
        for name, item, values in _objects(file)
    }
    rows = {
        name: [digest(dataset[start : start + layout.FINISHED_CHUNK]) for start in _starts(len(dataset))]
        for name, dataset in ((name, file[path]) for name, path in channels.items())
    }
    return {"version": 1, "objects": objects, "rows_per_digest": layout.FINISHED_CHUNK, "rows": rows}


def write(file: h5py.File) -> None:
    """Add the manifest to a file in which everything else is written."""
    group = file.require_group("seal")
    group.attrs["NX_class"] = "NXcollection"
    group["manifest"] = json.dumps(manifest_of(file), separators=(",", ":"))


def read(file: h5py.File) -> Mapping[str, Any] | None:
    """Return the manifest of an open file; None if it has none."""
    if DATASET not in file:
        return None
    content: Mapping[str, Any] = json.loads(file[DATASET].asstr()[()])
    return content


def differing(file: h5py.File, manifest: Mapping[str, Any]) -> list[str]:
    """Return what differs from the manifest, one phrase each ("rows 0 to 16384 of current", "entry/header")."""
    found = []
    present = {name: (item, values) for name, item, values in _objects(file)}
    for name, digests in manifest["objects"].items():
        item, values = present.get(name, (None, None))
        if item is None:
            found.append(f"{name} is missing")
        elif values != digests.get("values") or _attributes(item) != digests["attributes"]:
            found.append(name)
    found += [f"{name} was added" for name in present if name not in manifest["objects"]]
    size = manifest["rows_per_digest"]
    for name, digests in manifest["rows"].items():
        for i, expected in enumerate(digests):
            if not _matches(file, RAW + name, i * size, size, expected):
                found.append(f"rows {i * size} to {(i + 1) * size} of {name}")
    return found


def digest(values: NDArray[Any] | bytes) -> str:
    """Return the SHA-256 of numbers, in hexadecimal."""
    content = values if isinstance(values, bytes) else np.ascontiguousarray(values).view(np.uint8).data
    return hashlib.sha256(content).hexdigest()


def values_digest(dataset: h5py.Dataset, values: Any = None) -> str:
    """Return the digest of a dataset's type, shape and values, read if not given; texts count by their content."""
    values = dataset[()] if values is None else values
    kind = "text" if h5py.check_string_dtype(dataset.dtype) else dataset.dtype.str
    return digest(f"{kind} {dataset.shape} ".encode() + _content(values))


def demand(dataset: h5py.Dataset, name: str, manifest: Mapping[str, Any], values: Any = None) -> None:
    """Raise ``ValueError`` if a dataset ("entry/header"), with its values if read, differs from the manifest."""
    expected = manifest["objects"].get(name, {}).get("values")
    if expected is not None and values_digest(dataset, values) != expected:
        raise ValueError(f"{name} differs from its check sum")


def _objects(file: h5py.File) -> Iterator[tuple[str, Any, str | None]]:
    """Yield name, object and digest of the values of each object but the seal and the samples' values."""
    names: list[str] = []
    file.visit(names.append)
    yield "/", file, None
    for name in sorted(names):
        if name.split("/")[0] == "seal":
            continue
        item = file[name]
        samples = name.startswith(RAW)
        values = None
        if isinstance(item, h5py.Dataset):
            try:
                values = digest(f"{item.dtype.str} {item.shape}".encode()) if samples else values_digest(item)
            except BROKEN:
                values = "unreadable"
        yield name, item, values


def _attributes(item: Any) -> str:
    """Return the digest of the attributes; references between dimensions are left out, as their values are places."""
    parts = []
    for name in sorted(item.attrs):
        if name in ("DIMENSION_LIST", "REFERENCE_LIST"):
            continue
        try:
            parts.append(name.encode() + b"=" + _content(item.attrs[name]))
        except BROKEN:
            parts.append(name.encode() + b"=unreadable")
    return digest(b"\0".join(parts))


def _content(values: Any) -> bytes:
    array = np.asarray(values)
    if array.dtype.kind in "OUS":
        texts = (x.encode() if isinstance(x, str) else bytes(x) for x in array.ravel().tolist())
        return b"\0".join(texts)
    return np.ascontiguousarray(array).tobytes()


def _starts(n: int) -> range:
    return range(0, n, layout.FINISHED_CHUNK)


def _matches(file: h5py.File, name: str, start: int, n: int, expected: str) -> bool:
    try:
        return digest(file[name][start : start + n]) == expected
    except BROKEN:
        return False
