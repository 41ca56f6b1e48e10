"""JSON of records: what it holds, and what is refused."""

import enum
import json
import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pytest

from analysis.json_data import InvalidContent, from_json, to_json
from analysis.recording import RunHeader
from analysis.recording.header import Calibration, RecordedChannel, TraceEntry
from analysis.records import FloatArray


class Scale(enum.Enum):
    LOG = "log"


@dataclass(frozen=True)
class Part:
    name: str
    kind: Literal["a", "b"] = "a"


@dataclass(frozen=True, eq=False)
class Record:
    parts: tuple[Part, ...]
    number: int
    value_V: float
    values: FloatArray = field(default_factory=lambda: np.empty(0))
    sure: bool = True
    options: Any = None


GOOD: dict[str, Any] = {"parts": [{"name": "x", "kind": "b"}], "number": 3, "value_V": None}


def test_a_record_comes_back_and_unknown_numbers_are_null():
    record = Record((Part("x", "b"),), 3, math.nan, np.array([1.0, np.nan]))
    content = json.loads(json.dumps(to_json(record), allow_nan=False))
    assert content == {**GOOD, "values": [1.0, None], "sure": True, "options": None}
    read = from_json({**content, "of a later version": 1}, Record)
    assert read.parts == record.parts and math.isnan(read.value_V)
    np.testing.assert_array_equal(read.values, record.values)


def test_values_of_libraries_become_plain():
    values = {
        "scalars": (np.float64(1.5), np.int64(3), np.bool_(True), math.inf, np.float32("nan")),
        "complex": np.array([1 + 2j]),
        "mapping": MappingProxyType({"scale": Scale.LOG}),
        "dates": [date(2026, 11, 29), datetime(2026, 11, 29, 12, tzinfo=UTC)],
    }
    assert to_json(values) == {
        "scalars": [1.5, 3, True, None, None],
        "complex": {"real": [1.0], "imaginary": [2.0]},
        "mapping": {"scale": "log"},
        "dates": ["2026-11-29", "2026-11-29T12:00:00+00:00"],
    }


def test_keys_that_are_whole_numbers_come_back_as_such():
    widths = {1: 0.5, 12: 0.25}
    assert from_json(json.loads(json.dumps(to_json(widths))), dict[int, float]) == widths
    with pytest.raises(InvalidContent):
        from_json({"one": 0.5}, dict[int, float])


@pytest.mark.parametrize("value", [object(), b"bytes", 1j])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(TypeError, match="JSON cannot hold"):
        to_json({"deep": [value]})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"number": "3"}, "number: is '3', not a whole number"),
        ({"number": True}, "number: is True, not a whole number"),
        ({"value_V": "high"}, "value_V: is 'high', not a number"),
        ({"sure": 1}, "sure: is 1, not true or false"),
        ({"parts": [{}]}, r"parts\[0\].name: is missing"),
        ({"parts": [{"name": 3}]}, r"parts\[0\].name: is 3, not a text"),
        ({"parts": [{"name": "x", "kind": "c"}]}, r"parts\[0\].kind: c not in"),
        ({"parts": "x"}, "parts"),
        ({"parts": 5}, "parts"),
    ],
)
def test_an_error_names_the_entry(wrong, message):
    with pytest.raises(InvalidContent, match=f"^{message}"):
        from_json({**GOOD, **wrong}, Record)


@pytest.mark.parametrize("content", [None, 5, "text", [], [GOOD]])
def test_what_is_no_record_at_all_is_refused_in_the_same_way(content):
    with pytest.raises(InvalidContent):
        from_json(content, Record)


def test_files_keep_their_form():
    """The bytes of a recording: header and trace as written before one converter made all JSON."""
    header = RunHeader(
        "heating",
        (RecordedChannel("current", role="output"),),
        2000.0,
        parameters={"holds": np.int64(3), "most": math.inf, "least_V": math.nan, "pair": (1, 2)},
        calibrations={"seebeck": Calibration(1e-5, "V/K", date="2026-01-02")},
    )
    assert json.dumps(header.to_json()) == (
        '{"procedure": "heating", "channels": [{"name": "current", "unit": "V", "role": "output", "dtype": "f8"}], '
        '"rate_Hz": 2000.0, "started": "", "title": "", "sample": "", "notes": "", "parameters": {"holds": 3, '
        '"most": "inf", "least_V": null, "pair": [1, 2]}, "rig": {}, "settings": {}, "calibrations": {"seebeck": '
        '{"value": 1e-05, "unit": "V/K", "uncertainty": null, "date": "2026-01-02", "source": ""}}, "versions": {}, '
        '"seed": null, "provenance": "rig", "sources": [], "unknowns": []}'
    )
    assert json.dumps(TraceEntry(2, 0, 10, flags=("gap",)).to_json()) == (
        '{"number": 2, "start": 0, "stop": 10, "ended": "unknown", "flags": ["gap"], "kept": true, "reason": "", '
        '"bias_V": null, "source": "", "settings": {}}'
    )
