"""Calls of NI's service, one method each; all others are answered with their name and what is simulated."""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import grpc
import numpy as np
from nidaqmx._stubs import nidaqmx_pb2 as messages
from nidaqmx._stubs import nidaqmx_pb2_grpc
from nidaqmx.constants import EveryNSamplesEventType, FillMode, Signal, VoltageUnits
from numpy.typing import NDArray
from session_pb2 import Session, SessionInitializationBehavior

from simulators.daqmx.calibration import CALIBRATION_CALLS
from simulators.daqmx.card import Card
from simulators.daqmx.channels import known_device
from simulators.daqmx.errors import Code, DaqError, text
from simulators.daqmx.events import EventSubscription
from simulators.daqmx.refusal import NOT_SIMULATED, SIMULATED
from simulators.daqmx.request import by_channel, chosen, task_of
from simulators.daqmx.rpc_attributes import attribute_methods
from simulators.daqmx.rpc_lines import LINE_CALLS
from simulators.daqmx.rpc_raw import RAW_CALLS
from simulators.daqmx.rpc_waveforms import WAVEFORM_CALLS
from simulators.daqmx.trigger_attributes import TRIGGER_CALLS
from simulators.rig.faults import ConnectionLost
from simulators.rig.ni6281 import Limits

FloatArray = NDArray[np.float64]
Call = Callable[[Card, Any, Any], Any]

_SERVICE = messages.DESCRIPTOR.services_by_name["NiDAQmx"]
_READS = {"ReadAnalogF64", "GetReadAttributeUInt64"}
"""Calls that only read samples or count them, for which the bench may compute ahead."""

_READ_ARRAY_TAG = b"\x12"  # field 2, length-delimited


def _answered(name: str, call: Call) -> Callable[..., Any]:
    """Return a method that runs a call under the bench's lock and sends NI-DAQmx's errors as NI's server does."""
    settles = name not in _READS

    def answer(self: "DaqService", request: Any, context: Any) -> Any:
        self.refuse_if_lost(context)
        try:
            with self.card.bench.lock:
                if settles:
                    self.card.bench.settle()
                return call(self.card, request, context)
        except DaqError as error:
            _report(context, error)

    return answer


def _report(context: Any, error: DaqError) -> NoReturn:
    trailers = [("ni-error", str(error.code))]
    if error.samples_read is not None:
        trailers.append(("ni-samps-per-chan-read", str(error.samples_read)))
    if error.samples_written is not None:
        trailers.append(("ni-samps-per-chan-written", str(error.samples_written)))
    context.set_trailing_metadata(tuple(trailers))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise AssertionError  # abort has raised


# Sessions


def _create_task(card: Card, request: Any, context: Any) -> Any:
    name = request.session_name
    if name in card.tasks:
        if request.initialization_behavior == (
            SessionInitializationBehavior.SESSION_INITIALIZATION_BEHAVIOR_INITIALIZE_NEW
        ):
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"A session named {name!r} exists already.")
        return messages.CreateTaskResponse(task=Session(name=name), new_session_initialized=False)
    if request.initialization_behavior == (
        SessionInitializationBehavior.SESSION_INITIALIZATION_BEHAVIOR_ATTACH_TO_EXISTING
    ):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"There is no session named {name!r}.")
    session = Session(name=card.create(name))
    return messages.CreateTaskResponse(task=session, new_session_initialized=True)


def _clear_task(card: Card, request: Any, context: Any) -> Any:
    card.clear(request.task.name)
    return messages.ClearTaskResponse()


# Set-up


def _create_ai_voltage_chan(card: Card, request: Any, context: Any) -> Any:
    _refuse_custom_scales(request)
    task_of(card, request).add_channels(
        "ai",
        request.physical_channel,
        request.name_to_assign_to_channel,
        Limits(request.min_val, request.max_val),
        chosen(request, "terminal_config"),
    )
    return messages.CreateAIVoltageChanResponse()


def _create_ao_voltage_chan(card: Card, request: Any, context: Any) -> Any:
    _refuse_custom_scales(request)
    limits = Limits(request.min_val, request.max_val)
    name = request.name_to_assign_to_channel
    task_of(card, request).add_channels("ao", request.physical_channel, name, limits, 0)
    return messages.CreateAOVoltageChanResponse()


def _refuse_custom_scales(request: Any) -> None:
    """Raise -200447 for a scale in volts, -200378 for any other: none is simulated."""
    name = request.custom_scale_name
    named = f"Custom Scale Name: {name}\nCustom scales are not simulated; scale the volts yourself."
    if chosen(request, "units") == VoltageUnits.FROM_CUSTOM_SCALE.value:
        raise DaqError(Code.CUSTOM_SCALE_DOES_NOT_EXIST, named)
    if name:
        raise DaqError(Code.UNITS_NOT_FROM_CUSTOM_SCALE, named)


def _cfg_samp_clk_timing(card: Card, request: Any, context: Any) -> Any:
    task_of(card, request).set_clock(
        request.rate,
        request.source,
        chosen(request, "active_edge"),
        chosen(request, "sample_mode"),
        request.samps_per_chan,
    )
    return messages.CfgSampClkTimingResponse()


# States


def _start_task(card: Card, request: Any, context: Any) -> Any:
    task_of(card, request).start()
    return messages.StartTaskResponse()


def _stop_task(card: Card, request: Any, context: Any) -> Any:
    return messages.StopTaskResponse(status=task_of(card, request).stop())


def _task_control(card: Card, request: Any, context: Any) -> Any:
    return messages.TaskControlResponse(status=task_of(card, request).control(chosen(request, "action")))


def _is_task_done(card: Card, request: Any, context: Any) -> Any:
    return messages.IsTaskDoneResponse(is_task_done=task_of(card, request).is_done())


def _wait_until_task_done(card: Card, request: Any, context: Any) -> Any:
    task_of(card, request).wait_until_done(request.time_to_wait, lambda: not context.is_active())
    return messages.WaitUntilTaskDoneResponse()


# Samples


def _read_analog_f64(card: Card, request: Any, context: Any) -> Any:
    wanted = request.num_samps_per_chan
    task = task_of(card, request)
    readings = task.read(
        wanted, request.timeout, request.array_size_in_samps, lambda: not context.is_active()
    )
    n_channels, n = readings.shape
    late = n < wanted and not task.inputs.read_to_end
    if n < wanted:  # rows keep the length that the client expects
        readings = np.concatenate((readings, np.zeros((n_channels, wanted - n))), axis=1)
    if chosen(request, "fill_mode") == FillMode.GROUP_BY_SCAN_NUMBER.value:
        readings = readings.T
    response = _read_response(readings)
    response.samps_per_chan_read = n
    response.status = int(Code.SAMPLES_NOT_YET_AVAILABLE) if late else 0
    return response


def _read_analog_scalar_f64(card: Card, request: Any, context: Any) -> Any:
    readings = task_of(card, request).read(1, request.timeout, 1, lambda: not context.is_active())
    if not readings.size:
        raise DaqError(Code.SAMPLES_NOT_YET_AVAILABLE, samples_read=0)
    return messages.ReadAnalogScalarF64Response(value=float(readings[0, 0]))


def _write_analog_f64(card: Card, request: Any, context: Any) -> Any:
    task = task_of(card, request)
    task.refuse_other_writes("ao")
    values = np.array(request.write_array, dtype=np.float64)
    table = by_channel(request, values, len(task.channels))[..., 0]
    written = task.write(table, request.auto_start, request.timeout, lambda: not context.is_active())
    return messages.WriteAnalogF64Response(samps_per_chan_written=written)


def _write_analog_scalar_f64(card: Card, request: Any, context: Any) -> Any:
    task = task_of(card, request)
    task.refuse_other_writes("ao")
    if len(task.channels) != 1:
        raise DaqError(Code.WRITE_NUM_CHANS_MISMATCH, "Values: 1", samples_written=0)
    value = np.array([[request.value]])
    task.write(value, request.auto_start, request.timeout, lambda: not context.is_active())
    return messages.WriteAnalogScalarF64Response()


# Events


def _register_every_n_samples_event(card: Card, request: Any, context: Any) -> Iterator[Any]:
    number = chosen(request, "every_n_samples_event_type")
    subscription = _subscribed(card, request, context, _EVENTS.get(number, ""), request.n_samples)
    while subscription.wait():
        yield messages.RegisterEveryNSamplesEventResponse(
            every_n_samples_event_type_raw=number, n_samples=request.n_samples
        )


def _register_done_event(card: Card, request: Any, context: Any) -> Iterator[Any]:
    subscription = _subscribed(card, request, context, "done", 0)
    while subscription.wait():
        yield messages.RegisterDoneEventResponse(status=subscription.status)


def _register_signal_event(card: Card, request: Any, context: Any) -> Iterator[Any]:
    signal = chosen(request, "signal_id")
    if signal != Signal.SAMPLE_COMPLETE.value:
        context.abort(
            NOT_SIMULATED,
            f"RegisterSignalEvent: only the event of a complete sample is simulated, not {signal}",
        )
    subscription = _subscribed(card, request, context, "signal", 1)
    while subscription.wait():
        yield messages.RegisterSignalEventResponse(signal_id=signal)


def _subscribed(card: Card, request: Any, context: Any, kind: str, samples: int) -> EventSubscription:
    try:
        with card.bench.lock:
            subscription = task_of(card, request).subscribe(kind, samples)
    except DaqError as error:
        _report(context, error)
    context.add_callback(subscription.close)
    context.send_initial_metadata(())  # tells the client that the event is registered
    return subscription


def _unregister_every_n_samples_event(card: Card, request: Any, context: Any) -> Any:
    task_of(card, request).unsubscribe(_EVENTS.get(chosen(request, "every_n_samples_event_type"), ""))
    return messages.UnregisterEveryNSamplesEventResponse()


def _unregister_signal_event(card: Card, request: Any, context: Any) -> Any:
    task_of(card, request).unsubscribe("signal")
    return messages.UnregisterSignalEventResponse()


def _unregister_done_event(card: Card, request: Any, context: Any) -> Any:
    task_of(card, request).unsubscribe("done")
    return messages.UnregisterDoneEventResponse()


# The card


def _reset_device(card: Card, request: Any, context: Any) -> Any:
    card.reset(request.device_name)
    return messages.ResetDeviceResponse()


def _self_test_device(card: Card, request: Any, context: Any) -> Any:
    known_device(card.bench.card, request.device_name)
    card.require_device()
    return messages.SelfTestDeviceResponse()


def _get_error_string(card: Card, request: Any, context: Any) -> Any:
    return messages.GetErrorStringResponse(error_string=text(request.error_code))


_EVENTS = {
    EveryNSamplesEventType.ACQUIRED_INTO_BUFFER.value: "acquired",
    EveryNSamplesEventType.TRANSFERRED_FROM_BUFFER.value: "transferred",
}


def _read_response(readings: FloatArray) -> Any:
    """Return the response with the readings, encoded as bytes, twenty times faster than number by number."""
    raw = np.ascontiguousarray(readings, dtype="<f8").tobytes()
    length, size = bytearray(), len(raw)
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return messages.ReadAnalogF64Response.FromString(_READ_ARRAY_TAG + bytes(length) + raw)


_CALLS: dict[str, Call] = {
    "CreateTask": _create_task,
    "ClearTask": _clear_task,
    "CreateAIVoltageChan": _create_ai_voltage_chan,
    "CreateAOVoltageChan": _create_ao_voltage_chan,
    "CfgSampClkTiming": _cfg_samp_clk_timing,
    "StartTask": _start_task,
    "StopTask": _stop_task,
    "TaskControl": _task_control,
    "IsTaskDone": _is_task_done,
    "WaitUntilTaskDone": _wait_until_task_done,
    "ReadAnalogF64": _read_analog_f64,
    "ReadAnalogScalarF64": _read_analog_scalar_f64,
    "WriteAnalogF64": _write_analog_f64,
    "WriteAnalogScalarF64": _write_analog_scalar_f64,
    "UnregisterEveryNSamplesEvent": _unregister_every_n_samples_event,
    "UnregisterDoneEvent": _unregister_done_event,
    "UnregisterSignalEvent": _unregister_signal_event,
    "ResetDevice": _reset_device,
    "SelfTestDevice": _self_test_device,
    "GetErrorString": _get_error_string,
    **LINE_CALLS,
    **CALIBRATION_CALLS,
    **TRIGGER_CALLS,
    **RAW_CALLS,
    **WAVEFORM_CALLS,
}
_STREAMS: dict[str, Callable[[Card, Any, Any], Iterator[Any]]] = {
    "RegisterEveryNSamplesEvent": _register_every_n_samples_event,
    "RegisterDoneEvent": _register_done_event,
    "RegisterSignalEvent": _register_signal_event,
}


class DaqService(nidaqmx_pb2_grpc.NiDAQmxServicer):
    """NI's service on one card. Each call is the C function of that name in NI-DAQmx."""

    def __init__(self, card: Card) -> None:
        self.card = card

    def refuse_if_lost(self, context: Any) -> None:
        """Abort the call if a fault has cut the connection."""
        bench = self.card.bench
        if bench.faults.active(ConnectionLost, bench.acquired):
            context.abort(grpc.StatusCode.UNAVAILABLE, "simulated fault: the connection is lost")


def _streamed(stream: Callable[[Card, Any, Any], Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def answer(self: DaqService, request: Any, context: Any) -> Iterator[Any]:
        self.refuse_if_lost(context)
        return stream(self.card, request, context)

    return answer


def _refused(name: str) -> Callable[..., Any]:
    def refuse(self: DaqService, request: Any, context: Any) -> None:
        context.abort(NOT_SIMULATED, f"{name} is not simulated: {SIMULATED}")

    return refuse


def _attach() -> None:
    """Add a method to the service for every call of NI's."""
    properties = attribute_methods(_SERVICE)
    for name in (method.name for method in _SERVICE.methods):
        if name in _STREAMS:
            answer = _streamed(_STREAMS[name])
        else:
            call = _CALLS.get(name) or properties.get(name)
            answer = _refused(name) if call is None else _answered(name, call)
        setattr(DaqService, name, answer)


_attach()
