"""Content of the messages between a bench and its clients, by kind; docs/reference/serving.md describes it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NotRequired, TypedDict, TypeVar, get_type_hints

import numpy as np

from analysis.json_data import InvalidContent, from_json
from app.server.protocol import Message, ProtocolError

T = TypeVar("T")


class RunState(TypedDict):
    """A run that clients can follow: its job, its file, its header, its numbers of samples and events."""

    job: int
    recording: str
    header: dict[str, Any]
    stop: int
    events: int


class OfRun(TypedDict):
    """Job to which a record belongs, beside its own fields."""

    job: int


class BlockOfRun(OfRun):
    """The same for samples, with the number of the run's events before them."""

    events: int


class EventOfRun(OfRun):
    """The same for an event, with its number in the run, from 0."""

    number: int


class JobState(TypedDict):
    """A run in the queue, as of `app.server.queue.Job`."""

    id: int
    procedure: str
    values: dict[str, Any]
    out: str
    sample: str
    notes: str
    repeats: str
    total: int
    takes_s: float | None
    cycles: int
    traces: int
    samples: int
    status: str
    reason: str
    refused: bool
    safe: bool | None
    elapsed_s: float | None
    left_s: float | None
    version: int
    until: NotRequired[str]
    awaits: NotRequired[str]
    awaits_since_s: NotRequired[float | None]


class QueueState(TypedDict):
    """The queue: state of the present job ("idle" without one), reason and cause of a hold, all jobs.

    ``pausing`` is True if the present run is paused, or will be at its next approach.
    """

    version: int
    bench: str
    job: int | None
    held: str
    pausing: NotRequired[bool]
    failed: int | None
    queue: list[JobState]


class BenchState(QueueState):
    """The bench: its queue, why the rig may not be safe, a trip of the watchdog, the run to follow, the folder.

    ``alone`` says why drift can reach the tip while nothing runs, and what to do; "" if the bench parks it.
    """

    unsafe: str
    tripped: NotRequired[str]
    alone: NotRequired[str]
    run: RunState | None
    folder: str


class InstrumentState(TypedDict):
    """An instrument as last read; what a kind of instrument adds of its own stays as it is.

    The last seven are those of the card: rate, range and safe position of the tip, reading of the current amplifier,
    units of further inputs.
    """

    name: str
    address: str
    answers: bool | None
    verified: bool
    message: str
    settings: dict[str, Any]
    at: str
    editable: dict[str, dict[str, Any]]
    provenance: NotRequired[str]
    shown: NotRequired[list[list[str]]]
    labels: NotRequired[dict[str, dict[str, str]]]
    rate_Hz: NotRequired[float]
    extension_nm_per_V: NotRequired[float]
    z_range_V: NotRequired[list[float]]
    safe_z_V: NotRequired[float]
    current_full_scale_V: NotRequired[float]
    current_inverting: NotRequired[bool]
    extra_inputs: NotRequired[dict[str, str]]


class InstrumentsState(TypedDict):
    """All instruments, and whether a run has them."""

    daq: InstrumentState
    current_amplifier: InstrumentState
    voltage_preamplifier: InstrumentState
    busy: bool
    version: int


class LogEntry(TypedDict):
    """A line of the bench's log."""

    number: int
    level: str
    time_s: float
    text: str


class LogEntries(TypedDict):
    """Latest lines of the bench's log."""

    entries: list[LogEntry]


class Hello(TypedDict):
    """Program, process, rig and folder of a bench."""

    program: str
    protocol: int
    pid: int
    rig_file: str
    rig: dict[str, Any]
    folder: str


class CheckedRun(TypedDict):
    """Verdict on settings: possible on the rig, or the reason why not."""

    possible: bool
    reason: str
    total: NotRequired[int]
    repeats: NotRequired[str]


class SkippedStep(TypedDict):
    """Step that is skipped: "trace", "hold", "curve", "record"; "rest": the next of this junction, if it has one."""

    skipped: str


class StartedRun(TypedDict):
    """Number of a job that runs next."""

    job: int


class CommissionStep(TypedDict):
    """A step of a commissioning: "waiting", "running", "needs a hand", or its verdict; its numbers and remedies."""

    number: int
    title: str
    explain: str
    state: str
    share: float
    takes_s: float
    numbers: list[str]
    remarks: list[str]
    when: str


class CommissionState(TypedDict):
    """A commissioning: its job (0: none runs), the open question (0: none), time left, and every step."""

    version: int
    job: int
    folder: str
    resistance_ohm: float
    question: int
    asked: str
    kept: str
    verdict: str
    left_s: float
    report: str
    steps: list[CommissionStep]


class Retracted(TypedDict):
    """Actions that made the rig safe."""

    done: str


class HistoryPage(TypedDict):
    """Part of a run; the samples of each block are an array of the message."""

    job: int
    blocks: list[dict[str, Any]]
    events: list[dict[str, Any]]
    first_event: int
    stop: int
    all_events: int
    over: bool


class Failure(TypedDict):
    """Why the bench refused a command: the name of its own error, and a sentence."""

    kind: str
    message: str


class Answer(TypedDict):
    """Reply to a command: its result, or why it was refused."""

    number: int | None
    result: NotRequired[dict[str, Any]]
    error: NotRequired[Failure]


REPLIES: Mapping[str, type[Any]] = {
    "hello": Hello,
    "state": BenchState,
    "check": CheckedRun,
    "queue_add": JobState,
    "run_now": StartedRun,
    "skip": SkippedStep,
    **dict.fromkeys(("queue_remove", "queue_move", "queue_until", "pause", "resume", "abort"), BenchState),
    "log": LogEntries,
    **dict.fromkeys(("instruments", "read_instruments", "set_instrument"), InstrumentsState),
    "history": HistoryPage,
    "commission": StartedRun,
    **dict.fromkeys(("commissioning", "commission_answer"), CommissionState),
    "retract": Retracted,
}
"""Results of the commands; the others have none, or the state if it has changed."""

TOPICS: Mapping[str, type[Any]] = {
    "run": RunState,
    "block": BlockOfRun,
    "event": EventOfRun,
    "trace": OfRun,
    "job": JobState,
    "state": BenchState,
    "log": LogEntry,
    "instruments": InstrumentsState,
    "commission": CommissionState,
}
"""Published messages; `record_of` reads the records."""


@dataclass(frozen=True)
class RunRequest:
    """A run to queue; without ``out`` its file gets a name made of day, procedure and number.

    ``until`` is a condition that it waits for, as `app.server.hold_until` reads it; "" for none.
    """

    procedure: str
    values: Mapping[str, Any]
    out: str | None = None
    sample: str = ""
    notes: str = ""
    until: str = ""


COMMISSION = "commission"
"""Procedure of the jobs that commission the rig."""


@dataclass(frozen=True)
class CommissionRequest:
    """A commissioning to do: resistor, steps ("1-5,9", "" for all up to ``stage``), short records, steps once more."""

    resistance_ohm: float = 1e4
    steps: str = ""
    stage: int = 1
    quick: bool = False
    again: bool = False


def instruments_of(report: InstrumentsState) -> dict[str, InstrumentState]:
    """Return the instruments of a report by their sections of the rig file."""
    return {
        "daq": report["daq"],
        "current_amplifier": report["current_amplifier"],
        "voltage_preamplifier": report["voltage_preamplifier"],
    }


def structured(what: str, content: Any, kind: type[T]) -> T:
    """Return the content of a message as this type. Raises ``ProtocolError`` that names the entry that is wrong."""
    try:
        return from_json(content, kind)
    except InvalidContent as error:
        raise ProtocolError(f"not a valid {what}: {error}") from None


def record_message(kind: str, record: Any, **more: Any) -> Message:
    """Return a message with a record of a run ("block", "event", "trace"), and further fields."""
    content = {field.name: getattr(record, field.name) for field in fields(record)}
    arrays = {name: value for name, value in content.items() if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in content.items() if name not in arrays}
    return Message(kind, {**plain, **more}, arrays)


def record_of(message: Message, record: type[T]) -> T:
    """Return the record of a message. Raises ``ProtocolError``."""
    return structured(message.kind, {**message.fields, **message.arrays}, record)


def run_request(arguments: Mapping[str, Any]) -> RunRequest:
    """Return the run that the arguments of a command describe. Raises ``ProtocolError``."""
    _refuse_unknown(arguments, [field.name for field in fields(RunRequest)])
    return structured("run", arguments, RunRequest)


def commission_request(arguments: Mapping[str, Any]) -> CommissionRequest:
    """Return the commissioning that the arguments of a command describe. Raises ``ProtocolError``."""
    _refuse_unknown(arguments, [field.name for field in fields(CommissionRequest)])
    return structured("commissioning", arguments, CommissionRequest)


def checked_arguments(act: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a command, each of the type that its handler declares. Raises ``ProtocolError``."""
    declared, hints = inspect.signature(act).parameters.values(), get_type_hints(act)
    named = [each for each in declared if each.kind is not each.VAR_KEYWORD]
    if len(named) == len(declared):
        _refuse_unknown(arguments, [each.name for each in named])
    for each in named:
        absent = each.name not in arguments if each.default is each.empty else False
        if absent or (hints.get(each.name) is float and arguments.get(each.name, 0.0) is None):
            raise ProtocolError(f"{each.name} is missing")
    return {name: structured(name, value, hints.get(name, Any)) for name, value in arguments.items()}


def _refuse_unknown(arguments: Mapping[str, Any], names: list[str]) -> None:
    for name in arguments:
        if name not in names:
            raise ProtocolError(f"no argument {name!r} here; there are {', '.join(names) or 'none'}")
