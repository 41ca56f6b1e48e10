"""Messages have the content that their kind declares, or one error on either side says what is wrong."""

from typing import Any

import pytest

from analysis.records import Block, Event, Trace
from app.server.instrument_status import InstrumentRows
from app.server.job import Job
from app.server.messages import (
    REPLIES,
    TOPICS,
    CheckedRun,
    RunRequest,
    checked_arguments,
    record_of,
    run_request,
    structured,
)
from app.server.protocol import Message, ProtocolError, decode, encode
from app.server.queue import JobQueue
from tests.support.gui.fake_bench import rig

EVENT = {"sample": 5, "kind": "step", "name": "approach", "payload": {}, "job": 1, "number": 0}


def handler(instrument: str, value: float, place: int | None = None) -> None:
    """Stand for a command handler."""


def queue_of_one(tmp_path) -> JobQueue:
    queue = JobQueue()
    queue.add(Job(queue.new_id(), "iv", {"curves": 3}, tmp_path / "run.h5"))
    return queue


def test_a_queue_is_of_the_form_that_clients_expect(tmp_path):
    queue = queue_of_one(tmp_path)
    content = {**queue.snapshot(), "unsafe": "", "run": None, "folder": "/data"}
    assert structured("state", content, TOPICS["state"]) == content
    assert REPLIES["pause"] is TOPICS["state"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"held": None}, "not a valid state: held: is None, not a text"),
        ({"job": "1"}, "not a valid state: job: is '1', not a whole number"),
        ({"queue": [{"id": 1}]}, r"not a valid state: queue\[0\]\.procedure: is missing"),
        ({"run": 5}, "not a valid state: run"),
    ],
)
def test_a_malformed_state_is_refused_with_the_entry_that_is_wrong(tmp_path, wrong, message):
    content = {**queue_of_one(tmp_path).snapshot(), "unsafe": "", "run": None, "folder": "/data", **wrong}
    with pytest.raises(ProtocolError, match=f"^{message}"):
        structured("state", content, TOPICS["state"])


@pytest.mark.parametrize(
    ("kind", "record", "fields", "message"),
    [
        (
            "event",
            Event,
            {**EVENT, "kind": "dance"},
            "not a valid event: kind: is 'dance', not one of step, ",
        ),
        ("event", Event, {**EVENT, "payload": 3}, "not a valid event: payload"),
        ("event", Event, {"sample": 5}, "not a valid event: kind: is missing"),
        (
            "block",
            Block,
            {"first": 0, "rate_Hz": 1.0, "channels": ["z"]},
            "not a valid block: data: is missing",
        ),
        ("trace", Trace, {"number": 1.5}, "not a valid trace: number: is 1.5, not a whole number"),
    ],
)
def test_a_malformed_record_is_refused(kind: str, record: type[Any], fields: dict[str, Any], message: str):
    with pytest.raises(ProtocolError, match=f"^{message}"):
        record_of(Message(kind, fields), record)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"instrument": "daq", "value": 1.0, "colour": "red"},
            "no argument 'colour' here; there are instrument, ",
        ),
        ({"instrument": "daq"}, "value is missing"),
        ({"instrument": "daq", "value": None}, "value is missing"),  # NaN must not become an output
        ({"instrument": 3, "value": 1.0}, "not a valid instrument: is 3, not a text"),
        ({"instrument": "daq", "value": "1"}, "not a valid value: is '1', not a number"),
        ({"instrument": "daq", "value": 1.0, "place": 0.5}, "not a valid place: is 0.5, not a whole number"),
    ],
)
def test_arguments_are_those_that_the_handler_declares(arguments, message):
    with pytest.raises(ProtocolError, match=f"^{message}"):
        checked_arguments(handler, arguments)
    assert checked_arguments(handler, {"instrument": "daq", "value": 1}) == {
        "instrument": "daq",
        "value": 1.0,
    }


def test_a_run_is_asked_for_by_the_names_of_its_fields():
    assert run_request({"procedure": "iv", "values": {"curves": 3}}) == RunRequest("iv", {"curves": 3})
    with pytest.raises(ProtocolError, match="no argument 'file' here; there are procedure, values, out"):
        run_request({"procedure": "iv", "values": {}, "file": "x"})
    with pytest.raises(ProtocolError, match="values: is missing"):
        run_request({"procedure": "iv"})
    assert structured("check", {"possible": False, "reason": "no"}, CheckedRun)["reason"] == "no"


def test_instruments_are_of_the_form_that_clients_expect():
    state = InstrumentRows(rig()).to_json(rig(), "a run has them")
    content = {**state, "busy": True, "version": 1}
    assert (
        decode(
            encode(Message("instruments", structured("instruments", content, TOPICS["instruments"])))
        ).fields
        == content
    )
