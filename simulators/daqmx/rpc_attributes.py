"""Calls that get, set and reset one property: a hundred of them, which differ only in group and type."""

from collections.abc import Callable, Mapping
from typing import Any

from nidaqmx._stubs import nidaqmx_pb2 as messages

from simulators.daqmx.attributes import BUFFER, READ, TASK, TIMING, WRITE, Attribute
from simulators.daqmx.calibration import CALIBRATION
from simulators.daqmx.card import Card
from simulators.daqmx.channel_attributes import CHANNEL, channels_of
from simulators.daqmx.device_attributes import DEVICE, PHYSICAL_CHANNEL, SYSTEM, device_of, terminal_of
from simulators.daqmx.refusal import NOT_SIMULATED, SIMULATED
from simulators.daqmx.trigger_attributes import TRIGGER

Owners = Callable[[Card, Any], list[Any]]


def _task_of(card: Card, request: Any) -> list[Any]:
    return [card.task(request.task.name)]


_GROUPS: dict[str, tuple[Mapping[str, Attribute], Owners]] = {
    "Task": (TASK, _task_of),
    "Timing": (TIMING, _task_of),
    "Trig": (TRIGGER, _task_of),
    "Read": (READ, _task_of),
    "Write": (WRITE, _task_of),
    "Buffer": (BUFFER, _task_of),
    "Chan": (CHANNEL, lambda card, request: channels_of(card.task(request.task.name), request.channel)),
    "Device": (DEVICE, lambda card, request: [device_of(card, request.device_name)]),
    "PhysicalChan": (PHYSICAL_CHANNEL, lambda card, request: [terminal_of(card, request.physical_channel)]),
    "CalInfo": (CALIBRATION, lambda card, request: [device_of(card, request.device_name)]),
    "SystemInfo": (SYSTEM, lambda card, request: [card]),
}


def attribute_methods(service: Any) -> dict[str, Callable[..., Any]]:
    """Return the calls for all simulated properties, by name."""
    methods: dict[str, Callable[..., Any]] = {}
    for group, (attributes, owners) in _GROUPS.items():
        for method in service.methods:
            verb = method.name.partition(f"{group}Attribute")[0]
            if verb in _VERBS and method.name.startswith(f"{verb}{group}Attribute"):
                methods[method.name] = _VERBS[verb](method, attributes, owners)
    return methods


def _attribute(method: Any, attributes: Mapping[str, Attribute], request: Any, context: Any) -> Attribute:
    name = _name(request)
    try:
        return attributes[name]
    except KeyError:
        context.abort(NOT_SIMULATED, f"{method.name}: the property {name} is not simulated: {SIMULATED}")
        raise


def _name(request: Any) -> str:
    """Return NI's name of a request's property ("SAMP_CLK_RATE"), or its number if it has no name."""
    number = getattr(request, request.WhichOneof("attribute_enum") or "attribute")
    named = request.DESCRIPTOR.fields_by_name["attribute"].enum_type.values_by_number.get(number)
    return f"0x{number:X}" if named is None else named.name.split("_ATTRIBUTE_")[-1]


def _value_field(message: Any) -> str:
    return "value_raw" if "value_raw" in message.DESCRIPTOR.fields_by_name else "value"


def _getter(method: Any, attributes: Mapping[str, Attribute], owners: Owners) -> Callable[..., Any]:
    response = getattr(messages, method.output_type.name)
    field = _value_field(response)

    def get(card: Card, request: Any, context: Any) -> Any:
        attribute = _attribute(method, attributes, request, context)
        return response(**{field: attribute.get(owners(card, request)[0])})

    return get


def _setter(method: Any, attributes: Mapping[str, Attribute], owners: Owners) -> Callable[..., Any]:
    response = getattr(messages, method.output_type.name)

    def put(card: Card, request: Any, context: Any) -> Any:
        attribute = _attribute(method, attributes, request, context)
        field = (
            request.WhichOneof("value_enum") if _value_field(request) == "value_raw" else None
        ) or "value"
        _put(attribute, owners(card, request), getattr(request, field), method.name, request, context)
        return response()

    return put


def _resetter(method: Any, attributes: Mapping[str, Attribute], owners: Owners) -> Callable[..., Any]:
    response = getattr(messages, method.output_type.name)

    def reset(card: Card, request: Any, context: Any) -> Any:
        attribute = _attribute(method, attributes, request, context)
        _put(attribute, owners(card, request), attribute.default, method.name, request, context)
        return response()

    return reset


def _put(attribute: Attribute, owners: list[Any], value: Any, call: str, request: Any, context: Any) -> None:
    if attribute.put is None:
        context.abort(NOT_SIMULATED, f"{call}: the property {_name(request)} can't be set in the simulation")
        return
    for owner in owners:
        attribute.put(owner, value)


_VERBS = {"Get": _getter, "Set": _setter, "Reset": _resetter}
