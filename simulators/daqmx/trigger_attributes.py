"""Properties and calls of triggers, by NI-DAQmx's names."""

from collections.abc import Callable, Mapping
from typing import Any

from nidaqmx._stubs import nidaqmx_pb2 as messages
from nidaqmx.constants import TriggerType

from simulators.daqmx.attributes import Attribute, fixed_property
from simulators.daqmx.card import Card
from simulators.daqmx.errors import refused_value
from simulators.daqmx.request import chosen, task_of
from simulators.daqmx.task import DaqTask
from simulators.daqmx.triggers import KINDS, Trigger

Call = Callable[[Card, Any, Any], Any]

_FIELDS: Mapping[str, str] = {
    "DIG_EDGE_{}_TRIG_EDGE": "edge",
    "ANLG_EDGE_{}_TRIG_SLOPE": "slope",
    "ANLG_EDGE_{}_TRIG_LVL": "level_V",
    "ANLG_WIN_{}_TRIG_WHEN": "when",
    "ANLG_WIN_{}_TRIG_TOP": "top_V",
    "ANLG_WIN_{}_TRIG_BTM": "bottom_V",
}
_SOURCES = "DIG_EDGE_{}_TRIG_SRC", "ANLG_EDGE_{}_TRIG_SRC", "ANLG_WIN_{}_TRIG_SRC"


def _field(role: str, name: str) -> Attribute:
    """Return a property that is a field of one of a task's triggers ("start_trigger", "reference_trigger")."""

    def put(task: DaqTask, value: Any) -> None:
        task.refuse_while_running()
        setattr(getattr(task, role), name, value)

    return Attribute(lambda task: getattr(getattr(task, role), name), put, getattr(Trigger(), name))


def _kind(role: str) -> Attribute:
    def put(task: DaqTask, value: int) -> None:
        task.refuse_while_running()
        if value not in KINDS:
            raise refused_value(
                "DAQmx_Trig_Type", value, "none, digital edge, analogue edge, analogue window"
            )
        getattr(task, role).kind = value

    return Attribute(lambda task: getattr(task, role).kind, put, TriggerType.NONE.value)


def _source(role: str) -> Attribute:
    """Return a source; NI-DAQmx names a line of the card in full."""

    def get(task: DaqTask) -> str:
        source: str = getattr(task, role).source
        return f"/{task.card.bench.card.device}/{source}" if source and "/" not in source else source

    return Attribute(get, _field(role, "source").put, "")


def _start_terminal(task: DaqTask) -> str:
    return f"/{task.card.bench.card.device}/{task.engine.kind}/StartTrigger"


def _properties(role: str, word: str) -> dict[str, Attribute]:
    return (
        {f"{word}_TRIG_TYPE": _kind(role)}
        | {name.format(word): _field(role, field) for name, field in _FIELDS.items()}
        | {name.format(word): _source(role) for name in _SOURCES}
    )


TRIGGER = {
    **_properties("start_trigger", "START"),
    **_properties("reference_trigger", "REF"),
    "REF_TRIG_PRETRIG_SAMPLES": _field("reference_trigger", "pretrigger_samples"),
    "START_TRIG_TERM": Attribute(_start_terminal),
    "START_TRIG_RETRIGGERABLE": fixed_property(False),
}


def _configure(call: str, role: str, kind: TriggerType) -> Call:
    """Return a call that sets a trigger of one kind from the fields of its request."""
    response = getattr(messages, f"{call}Response")
    fields = {field.name for field in getattr(messages, f"{call}Request").DESCRIPTOR.fields}

    def configure(card: Card, request: Any, context: Any) -> Any:
        task = task_of(card, request)
        task.refuse_while_running()
        given = {ours: getattr(request, theirs) for theirs, ours in _PLAIN.items() if theirs in fields} | {
            ours: chosen(request, theirs) for theirs, ours in _CHOSEN.items() if theirs in fields
        }
        setattr(task, role, Trigger(kind.value, request.trigger_source, **given))
        return response()

    return configure


_PLAIN = {
    "trigger_level": "level_V",
    "window_top": "top_V",
    "window_bottom": "bottom_V",
    "pretrigger_samples": "pretrigger_samples",
}
_CHOSEN = {"trigger_edge": "edge", "trigger_slope": "slope", "trigger_when": "when"}


def _disable(call: str, role: str) -> Call:
    response = getattr(messages, f"{call}Response")

    def disable(card: Card, request: Any, context: Any) -> Any:
        task = task_of(card, request)
        task.refuse_while_running()
        getattr(task, role).kind = TriggerType.NONE.value
        return response()

    return disable


TRIGGER_CALLS = {
    **{
        f"Cfg{name}{short}Trig": _configure(f"Cfg{name}{short}Trig", role, kind)
        for name, kind in (
            ("DigEdge", TriggerType.DIGITAL_EDGE),
            ("AnlgEdge", TriggerType.ANALOG_EDGE),
            ("AnlgWindow", TriggerType.ANALOG_WINDOW),
        )
        for short, role in (("Start", "start_trigger"), ("Ref", "reference_trigger"))
    },
    "DisableStartTrig": _disable("DisableStartTrig", "start_trigger"),
    "DisableRefTrig": _disable("DisableRefTrig", "reference_trigger"),
}
"""Calls by NI's names."""
