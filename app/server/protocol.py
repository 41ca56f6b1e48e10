"""Messages between a bench and its clients: a JSON header and raw arrays, one frame each; nothing is unpickled.

A message on the wire is a list of frames: header, array, array... The header is a JSON object with ``v`` (version of
this protocol), ``kind``, ``fields``, and ``arrays``, a list of [name, dtype, shape], one for each frame that follows.
A published message has one more frame in front, its kind, by which subscriptions select.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.json_data import to_json
from app.server.errors import BenchError

VERSION = 2

DTYPES = frozenset({"<f8", "<f4", "<i8", "<u4", "|u1"})
"""Arrays that may come over the wire: plain numbers, little-endian."""

MOST_HEADER_BYTES = 4 * 2**20
MOST_ARRAYS = 256
MOST_DEPTH = 20
MOST_DIMENSIONS = 3
MOST_OF_NOTHING = 2**19
"""Length of a dimension of an array without elements."""

Frames = list[bytes]


class ProtocolError(BenchError):
    """Invalid message. The text is one sentence."""


@dataclass(frozen=True, eq=False)
class Message:
    """One message: its kind, its JSON fields, and arrays by name."""

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def encode(message: Message) -> Frames:
    """Return the frames of a message. Raises ``TypeError`` for what JSON can't hold.

    Numbers that are not finite become null. Half a surrogate pair, as a file's name may have it, becomes "?".
    """
    plain = {name: _little_endian(array) for name, array in message.arrays.items()}
    header = {
        "v": VERSION,
        "kind": message.kind,
        "fields": to_json(message.fields),
        "arrays": [[name, array.dtype.str, list(array.shape)] for name, array in plain.items()],
    }
    text = json.dumps(header, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return [text.encode("utf-8", "replace"), *(array.tobytes() for array in plain.values())]


def _little_endian(array: NDArray[Any]) -> NDArray[Any]:
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    if plain.dtype.str not in DTYPES:
        raise TypeError(f"arrays of {array.dtype} do not go over the wire")
    return plain.reshape(array.shape)


def decode(frames: Sequence[bytes]) -> Message:
    """Return the message of some frames; its arrays are read-only.

    Raises
    ------
    ProtocolError
        For frames that `encode` does not produce.
    """
    if not frames or len(frames[0]) > MOST_HEADER_BYTES:
        raise ProtocolError("a message without a header, or with one that is too long")
    header = _json(bytes(frames[0]))
    if not isinstance(header, dict):
        raise ProtocolError("the header is not a JSON object")
    if header.get("v") != VERSION:
        raise ProtocolError(
            f"version {header.get('v')!r} of the protocol, not {VERSION}: bench and client must be of one hotjunction"
        )
    kind, fields, described = (header.get(name) for name in ("kind", "fields", "arrays"))
    if not isinstance(kind, str) or not isinstance(fields, dict) or not isinstance(described, list):
        raise ProtocolError("the header lacks kind, fields or arrays")
    if len(described) != len(frames) - 1 or len(described) > MOST_ARRAYS:
        raise ProtocolError(f"{len(described)} arrays are announced, {len(frames) - 1} came")
    return Message(kind, fields, dict(map(_array, described, frames[1:])))


def _json(data: bytes) -> Any:
    """Read strict JSON: UTF-8, finite numbers, no key twice, no half of a surrogate pair, `MOST_DEPTH` levels."""
    try:
        text = data.decode("utf-8")
        read = json.loads(
            text, object_pairs_hook=_without_doubles, parse_constant=_refuse, parse_float=_finite
        )
        if _deeper_than(read, MOST_DEPTH):
            raise ValueError("too deep")
        if "\\u" in text:  # only an escape can be one
            json.dumps(read, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise ProtocolError("the header is not JSON") from None
    return read


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a key that is there twice")
    return read


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _deeper_than(read: Any, levels: int) -> bool:
    nested = list(read.values()) if isinstance(read, dict) else read if isinstance(read, list) else []
    return bool(nested) and (levels == 0 or any(_deeper_than(one, levels - 1) for one in nested))


def _array(description: Any, data: bytes) -> tuple[str, NDArray[Any]]:
    match description:
        case [str(name), str(dtype), list(shape)] if dtype in DTYPES and len(shape) <= MOST_DIMENSIONS:
            pass
        case _:
            raise ProtocolError("an array's description makes no sense")
    if not all(type(n) is int and 0 <= n <= (len(data) or MOST_OF_NOTHING) for n in shape):
        raise ProtocolError(f"array {name!r} has an impossible shape")
    if math.prod(shape) * np.dtype(dtype).itemsize != len(data):
        raise ProtocolError(f"array {name!r} has {len(data)} bytes, not those of its shape")
    return name, np.frombuffer(data, dtype=dtype).reshape(shape)


def published(message: Message) -> Frames:
    """Return the frames of a message to subscribers, with its kind in front."""
    return [message.kind.encode(), *encode(message)]
