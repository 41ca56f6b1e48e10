"""NI-DAQmx of this computer, as nidaqmx loads it: a C library, here of Python functions on the simulated card."""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import nidaqmx
import pytest
from nidaqmx import _lib
from nidaqmx._grpc_interpreter import GrpcStubInterpreter
from nidaqmx.errors import DaqError

from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from simulators.daqmx.errors import DaqError as SimulatedError
from simulators.daqmx.server import DaqServer
from tests.support.instruments.loopback import BIAS, INPUTS, RATE_HZ, Z

_SUFFIXES = {
    ctypes.c_uint32: "uint32",
    ctypes.c_int32: "int32",
    ctypes.c_uint64: "uint64",
    ctypes.c_double: "double",
    _lib.c_bool32: "bool",
}
_PLAIN = {
    "DAQmxStartTask": "start_task",
    "DAQmxClearTask": "clear_task",
    "DAQmxTaskControl": "task_control",
    "DAQmxCreateAIVoltageChan": "create_ai_voltage_chan",
    "DAQmxCreateAOVoltageChan": "create_ao_voltage_chan",
    "DAQmxResetDevice": "reset_device",
    "DAQmxSelfTestDevice": "self_test_device",
}


class LocalDaqmx:
    """The functions of NI-DAQmx's library that the driver uses, by their names in C.

    The last error and the last channel are those of the calling thread, as in NI-DAQmx. ``hang`` holds back the
    functions named in ``hanging`` until it is set; ``missing`` are not in the library.
    """

    def __init__(self, server: DaqServer) -> None:
        self.card = server.card
        self.hanging: set[str] = set()
        self.hang = threading.Event()
        self.missing: set[str] = {"DAQmxSetRuntimeEnvironment"}
        self.called: list[tuple[str, str]] = []
        self._wire = GrpcStubInterpreter(nidaqmx.GrpcSessionOptions(server.direct(), ""))
        self._sessions: dict[int, Any] = {}
        self._of_thread = threading.local()
        self._functions: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("DAQmx") or name in self.missing:
            raise AttributeError(name)
        if name not in self._functions:
            self._functions[name] = self._function(name)
        return self._functions[name]

    def _function(self, name: str) -> Callable[..., int]:
        def call(*values: Any) -> int:
            self.called.append((name, threading.current_thread().name))
            if name in self.hanging:
                self.hang.wait()
            try:
                return self._answer(name, values) or 0
            except (DaqError, SimulatedError) as error:
                code = error.error_code if isinstance(error, DaqError) else int(error.code)
                self._of_thread.error = str(error)
                return code

        call.argtypes = None  # type: ignore[attr-defined]
        return call

    def _answer(self, name: str, values: tuple[Any, ...]) -> int | None:
        if name in _PLAIN:
            plain = (self._sessions[value.value] if _is_task(value) else value for value in values)
            getattr(self._wire, _PLAIN[name])(*plain)
            if name.startswith("DAQmxCreate"):
                self._of_thread.channels = values[2] or values[1]
            return None
        if "Attribute" in name:
            return self._attribute(name, *values)
        return getattr(self, f"_{name.removeprefix('DAQmx')}")(*values)

    def _attribute(self, name: str, *values: Any) -> int | None:
        verb, _, group = name.removeprefix("DAQmx").partition("et")
        method = f"{verb.lower()}et_{_snake(group.removesuffix('Attribute'))}_attribute"
        owner = list(values)
        if _is_task(values[0]):
            owner[0] = self._sessions[values[0].value]
        if verb == "S":
            *place, value = owner
            getattr(self._wire, f"{method}_{_SUFFIXES[type(value)]}")(*place, value.value)
            return None
        if isinstance(owner[-1], int):  # a string or numbers: their buffer and its size
            *place, buffer, size = owner
            if _is_pointer(buffer):
                return _numbers(getattr(self._wire, f"{method}_double_array")(*place), buffer, size)
            return _text(getattr(self._wire, f"{method}_string")(*place), buffer, size)
        *place, reference = owner
        value = reference._obj
        value.value = getattr(self._wire, f"{method}_{_SUFFIXES[type(value)]}")(*place)
        return None

    def _CreateTask(self, name: Any, handle: Any) -> None:
        session, _ = self._wire.create_task(name)
        handle._obj.value = len(self._sessions) + 1
        self._sessions[handle._obj.value] = session

    def _CfgSampClkTiming(self, task: Any, source: str, rate_Hz: float, *more: int) -> None:
        self._wire.cfg_samp_clk_timing(self._sessions[task.value], rate_Hz, source, *more)

    def _StopTask(self, task: Any) -> int:
        with self.card.bench.lock:
            return self.card.task(self._sessions[task.value].name).stop()

    def _IsTaskDone(self, task: Any, done: Any) -> None:
        done._obj.value = self._wire.is_task_done(self._sessions[task.value])

    def _ReadAnalogF64(
        self, task: Any, n: int, timeout_s: float, fill: int, data: Any, size: int, read: Any, reserved: Any
    ) -> None:
        session = self._sessions[task.value]
        try:
            _, read._obj.value = self._wire.read_analog_f64(session, n, timeout_s, fill, data)
        except DaqError as error:
            read._obj.value = getattr(error, "samps_per_chan_read", 0)
            raise

    def _WriteAnalogF64(
        self,
        task: Any,
        n: int,
        auto_start: bool,
        timeout_s: float,
        layout: int,
        data: Any,
        written: Any,
        _: Any,
    ) -> None:
        session = self._sessions[task.value]
        written._obj.value = self._wire.write_analog_f64(session, n, auto_start, timeout_s, layout, data)

    def _WriteAnalogScalarF64(
        self, task: Any, auto_start: bool, timeout_s: float, value: float, _: Any
    ) -> None:
        self._wire.write_analog_scalar_f64(self._sessions[task.value], auto_start, timeout_s, value)

    def _InternalGetLastCreatedChan(self, buffer: Any, size: int) -> int:
        return _text(self._of_thread.channels, buffer, size)

    def _GetExtendedErrorInfo(self, buffer: Any, size: int) -> None:
        buffer.value = self._of_thread.error.encode()[: size - 1]

    def _GetErrorString(self, code: int, buffer: Any, size: int) -> None:
        buffer.value = self._wire.get_error_string(code).encode()[: size - 1]


def _text(text: str, buffer: Any, size: int) -> int:
    """Answer with a text, or without a buffer with its size."""
    if not size:
        return len(text.encode()) + 1
    buffer.value = text.encode()
    return 0


def _numbers(numbers: list[float], buffer: ctypes.c_void_p, size: int) -> int:
    """Answer with numbers, or without a buffer with how many there are."""
    if not size:
        return len(numbers)
    array = (ctypes.c_double * len(numbers))(*numbers)
    ctypes.memmove(buffer, array, ctypes.sizeof(array))
    return 0


def _is_pointer(value: Any) -> bool:
    return isinstance(value, ctypes.c_void_p)


def _is_task(value: Any) -> bool:
    return isinstance(value, ctypes.c_void_p)


def _snake(group: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in group).lstrip("_")


@contextmanager
def installed(server: DaqServer) -> Iterator[LocalDaqmx]:
    """Install NI-DAQmx with this card for the duration of a test."""
    library = LocalDaqmx(server)
    with pytest.MonkeyPatch.context() as patch:
        for handle in ("_windll", "_cdll"):
            patch.setattr(_lib.lib_importer, handle, _lib.DaqFunctionImporter(library))
        patch.setattr(_lib.lib_importer, "_encoding", "utf-8")
        try:
            yield library
        finally:
            library.hang.set()


@contextmanager
def opened_locally(answer_s: float = 2.0) -> Iterator[NI6281]:
    """Open the card's driver on the installed library."""
    with (
        PXIController("local", answer_s) as controller,
        NI6281(controller, "Dev1", INPUTS, (BIAS, Z), RATE_HZ) as card,
    ):
        yield card
