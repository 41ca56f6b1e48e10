"""Translation of the errors of NI-DAQmx and gRPC to the rig's.

Source: NI-DAQmx Python API 1.7, ``error_codes`` and ``errors``; NI gRPC Device Server, "Error handling".
"""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from nidaqmx.error_codes import DAQmxErrors
from nidaqmx.errors import (
    DaqError,
    DaqFunctionNotSupportedError,
    DaqNotFoundError,
    DaqNotSupportedError,
    DaqWarning,
    RpcError,
)

from drivers.errors import InstrumentFault, InstrumentLost, NotFound, NotNow, OutOfRange, RigError

_ANSWERED = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
}
"""Status codes of a server that answered with a refusal; any other leaves open whether a server is present."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Translate exceptions of NI-DAQmx and gRPC inside the block to the rig's errors.

    Parameters
    ----------
    doing : str
        The action, for the message ("start the ramp").
    """
    try:
        yield
    except DaqError as error:
        raise rig_error(doing, error) from error
    except RpcError as error:
        if error.rpc_code in _ANSWERED:
            raise InstrumentFault(f"Can't {doing}: {error}") from error
        raise InstrumentLost(_unanswered(doing, error.rpc_code, error)) from error
    except grpc.RpcError as error:
        code = error.code() if isinstance(error, grpc.Call) else None
        raise InstrumentLost(_unanswered(doing, code, error)) from error
    except RigError:
        raise
    except (ValueError, OverflowError) as error:
        if "closed channel" in str(error):  # gRPC's only sign of a connection closed on this side
            raise InstrumentLost(f"The connection to NI-DAQmx was closed; can't {doing}") from error
        raise InstrumentFault(
            f"Can't {doing}: NI-DAQmx gave an answer that nidaqmx does not understand ({_line(error)}). Compare the "
            "versions of both."
        ) from error
    except TimeoutError as error:
        raise InstrumentLost(f"NI-DAQmx stopped answering while trying to {doing}: {error}") from error
    except DaqFunctionNotSupportedError as error:
        raise InstrumentFault(
            f"Can't {doing}: the NI-DAQmx of this computer is too old for it; install a newer one. ({error})"
        ) from error
    except DaqWarning as error:  # where the filters of Python turn warnings into errors
        raise InstrumentFault(f"NI-DAQmx warned while trying to {doing}: {_line(error)}") from error
    except (DaqNotFoundError, DaqNotSupportedError) as error:
        raise NotFound(
            'NI-DAQmx is not installed on this computer. Install it, or give the address "grpc://HOST:PORT" '
            "of a PXI controller that runs the NI gRPC Device Server."
        ) from error


_NO_ANSWER = {
    grpc.StatusCode.DEADLINE_EXCEEDED: "no answer in time",
    grpc.StatusCode.UNAVAILABLE: "nothing answers at its address",
}


def _unanswered(doing: str, code: grpc.StatusCode | None, error: Exception) -> str:
    why = str(error) if code is None else _NO_ANSWER.get(code, str(error))
    return f"NI-DAQmx stopped answering while trying to {doing}: {why}"


_LOST = {
    DAQmxErrors.DEV_CANNOT_BE_ACCESSED,
    DAQmxErrors.DEVICE_REMOVED,
    DAQmxErrors.PAL_COMMUNICATIONS_FAULT,
    DAQmxErrors.HARDWARE_NOT_RESPONDING,
    DAQmxErrors.DEV_ABSENT_OR_UNAVAILABLE,
    DAQmxErrors.DEV_ABSENT_OR_UNAVAILABLE_ROUTING,
    DAQmxErrors.PAL_TRANSFER_ABORTED,  # a USB device was unplugged, or the computer slept
    DAQmxErrors.PAL_TRANSFER_TIMED_OUT,
    DAQmxErrors.PAL_CONNECTION_ABORTED,
    DAQmxErrors.PAL_USB_TRANSACTION_ERROR,
    DAQmxErrors.DEVICE_NOT_USABLE_UNTIL_USB_REPLUG,
    DAQmxErrors.NETWORK_STATUS_CONNECTION_LOST,
    DAQmxErrors.NETWORK_STATUS_TIMED_OUT,
}
_ABSENT = {DAQmxErrors.INVALID_DEVICE_ID, DAQmxErrors.PHYSICAL_CHAN_DOES_NOT_EXIST}
_RESERVED = {
    DAQmxErrors.PAL_RESOURCE_RESERVED,
    DAQmxErrors.RESOURCE_ALREADY_RESERVED,
    DAQmxErrors.RESERVATION_CONFLICT,
    DAQmxErrors.RESOURCE_RESERVED_WITH_CONFLICTING_SETTINGS,
    DAQmxErrors.DIG_LINES_RESERVED_OR_UNAVAILABLE,
    DAQmxErrors.LINES_ALREADY_RESERVED_FOR_OUTPUT,
    DAQmxErrors.NETWORK_DEVICE_RESERVED_BY_ANOTHER_HOST,
    DAQmxErrors.RESOURCES_IN_USE_FOR_ROUTE,
    DAQmxErrors.RESOURCES_IN_USE_FOR_ROUTE_ROUTING,
    DAQmxErrors.RESOURCES_IN_USE_FOR_ROUTE_IN_TASK,
    DAQmxErrors.RESOURCES_IN_USE_FOR_ROUTE_IN_TASK_ROUTING,
    DAQmxErrors.COULD_NOT_RESERVE_REQUESTED_TRIG_LINE,
    DAQmxErrors.COULD_NOT_RESERVE_REQUESTED_TRIG_LINE_ROUTING,
    DAQmxErrors.NO_COMMON_TRIG_LINE_FOR_ROUTE_ROUTING,
}
"""Errors of a card, a line or a trigger line that is taken."""
_ENDED = {
    DAQmxErrors.CANNOT_READ_WHEN_AUTO_START_FALSE_BUF_SIZE_ZERO_AND_TASK_NOT_RUNNING,
    DAQmxErrors.CANNOT_GET_PROPERTY_WHEN_TASK_NOT_RESERVED_COMMITTED_OR_RUNNING,
    DAQmxErrors.RUNTIME_ABORTING_ROUTING,
    DAQmxErrors.RUNTIME_ABORTED_ROUTING,
    DAQmxErrors.OPERATION_ABORTED,
    DAQmxErrors.INVALID_TASK,
}
"""Errors of a task that another program, or a reset of the card, has ended."""
_REFUSED = {DAQmxErrors.INVALID_ATTRIBUTE_VALUE, DAQmxErrors.INVALID_AO_DATA_WRITE}


def rig_error(doing: str, error: DaqError) -> RigError:
    """Convert an NI-DAQmx error to the rig's error. Codes: NI-DAQmx, ``error_codes.DAQmxErrors``."""
    message = _line(error)
    if error.error_type in _LOST:
        return InstrumentLost(
            f"The card does not respond; can't {doing}. Check its power and its cable (USB: without a hub). ({message})"
        )
    if error.error_type in _ABSENT:
        return NotFound(
            f"Can't {doing}: {message}. Compare daq.device and the channels in the rig file with NI MAX"
        )
    if error.error_type in _RESERVED:
        return NotNow(f"Can't {doing}: another program uses the card; end it there. ({message})")
    if error.error_type in _ENDED:
        return InstrumentFault(
            f"Can't {doing}: its task was ended from outside: the card was reset, by another program or to make it "
            f"safe. Start again. ({message})",
            error.error_code,
        )
    if error.error_type in _REFUSED:
        return OutOfRange(f"setting of the card (to {doing})", "a value that NI-DAQmx refused", message)
    return InstrumentFault(f"Can't {doing}: {message}", error.error_code)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
