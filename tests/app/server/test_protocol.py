"""Messages: there and back, and nothing but messages gets in."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from analysis.records import Block, Event, EventKind, Trace
from app.server.messages import record_message, record_of
from app.server.protocol import (
    VERSION,
    Message,
    ProtocolError,
    decode,
    encode,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ARRAYS = npst.arrays(
    st.sampled_from([np.dtype(t) for t in ("<f8", ">f8", "<f4", "<i8", "u1")]),
    npst.array_shapes(min_dims=0, max_dims=3, min_side=0),
)


@settings(deadline=None)
@given(st.text(), st.dictionaries(st.text(), JSON), st.dictionaries(st.text(), ARRAYS, max_size=3))
def test_a_message_comes_back_as_it_was(kind, fields, arrays):
    back = decode(encode(Message(kind, fields, arrays)))

    assert (back.kind, back.fields) == (kind, fields)
    assert list(back.arrays) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)
        assert back.arrays[name].shape == array.shape


def test_records_come_back_as_they_were():
    block = Block(17, 2000.0, ("current", "z"), np.arange(6.0).reshape(2, 3))
    event = Event(5, EventKind.STEP, "approach", {"phase": "begin", "to_m": 1e-7})
    trace = Trace(3, (10, 20), np.arange(10) * 1e-9, np.ones(10), float("nan"), "open", ("gap",))

    sent = [
        decode(encode(m))
        for m in (
            record_message("block", block, job=1, events=0),
            record_message("event", event, job=1, number=0),
            record_message("trace", trace, job=1),
        )
    ]
    block2, event2, trace2 = (record_of(m, kind) for m, kind in zip(sent, (Block, Event, Trace), strict=True))

    assert (block2.first, block2.rate_Hz, block2.channels) == (17, 2000.0, ("current", "z"))
    np.testing.assert_array_equal(block2.data, block.data)
    assert event2 == event
    assert (trace2.number, trace2.samples, trace2.ended, trace2.flags) == (3, (10, 20), "open", ("gap",))
    assert np.isnan(trace2.bias_V)
    np.testing.assert_array_equal(trace2.displacement_m, trace.displacement_m)


def test_what_is_no_number_or_no_json_is_not_sent_and_an_unknown_number_is_null():
    with pytest.raises(TypeError, match="object"):
        encode(Message("x", {}, {"a": np.array([object()])}))
    with pytest.raises(TypeError, match="JSON"):
        encode(Message("x", {"a": object()}))
    assert decode(encode(Message("x", {"a": float("nan")}))).fields == {"a": None}


GOOD = {"v": VERSION, "kind": "x", "fields": {}, "arrays": []}


def with_array(*description):
    return {**GOOD, "arrays": [list(description)]}


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([], "without a header"),
        ([b"\xff\xfe"], "not JSON"),
        ([b"[" * 100_000], "not JSON"),
        ([b"[1]"], "not a JSON object"),
        ([b" " * (5 * 2**20)], "too long"),
        ([{**GOOD, "v": 99}], "version 99"),
        ([{"kind": "x", "fields": {}, "arrays": []}], "version None"),
        ([{**GOOD, "fields": []}], "lacks"),
        ([{**GOOD, "arrays": {}}], "lacks"),
        ([GOOD, b"more"], "0 arrays are announced, 1 came"),
        ([with_array("a", "<f8", [1])], "1 arrays are announced, 0 came"),
        ([with_array("a", "|O", [1]), b"12345678"], "makes no sense"),
        ([with_array("a", "<f8", [1, 1, 1, 1]), b"12345678"], "makes no sense"),
        ([with_array("a", "<f8", [2]), b"12345678"], "8 bytes"),
        ([with_array("a", "<f8", [-1]), b"12345678"], "impossible shape"),
        ([with_array("a", "<f8", [True]), b"12345678"], "impossible shape"),
        ([with_array("a", "<f8", [10**30]), b"12345678"], "impossible shape"),
    ],
)
def test_what_is_no_message_is_refused_with_a_sentence(frames, said):
    raw = [frame if isinstance(frame, bytes) else json.dumps(frame).encode() for frame in frames]

    with pytest.raises(ProtocolError, match=said):
        decode(raw)


@settings(deadline=None)
@given(st.lists(st.binary(), max_size=4), JSON)
def test_noise_is_refused_and_nothing_else_happens(noise, header):
    for frames in (noise, [json.dumps(header).encode(), *noise]):
        with pytest.raises(ProtocolError):
            decode(frames)


@settings(deadline=None)
@given(JSON, JSON, st.lists(st.binary(), max_size=2))
def test_headers_that_nearly_are_some_never_raise_anything_else(fields, arrays, rest):
    frames = [json.dumps({**GOOD, "fields": fields, "arrays": arrays}).encode(), *rest]
    try:
        message = decode(frames)
    except ProtocolError:
        return
    assert message.fields == fields
