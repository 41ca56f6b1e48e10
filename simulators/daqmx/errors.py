"""Errors of NI-DAQmx with their codes and texts. Codes: NI-DAQmx, as in ``nidaqmx.error_codes.DAQmxErrors``."""

from nidaqmx.error_codes import DAQmxErrors

Code = DAQmxErrors

STOPPED_BEFORE_DONE = 200010
"""Warning: a finite task was stopped before it was done."""

_TEXTS = {
    Code.SAMPLES_NO_LONGER_AVAILABLE: "The application is not able to keep up with the acquisition: samples "
    "that were not read have been lost. Read more often or more at a time, or make the buffer larger.",
    Code.SAMPLES_NOT_YET_AVAILABLE: "Some or all of the samples requested have not yet been acquired.\n\n"
    "To wait for the samples to become available use a longer read timeout or read later in your program. To "
    "make the samples available sooner, increase the sample rate. If your task uses a start trigger,  make sure "
    "that your start trigger is configured correctly. It is also possible that you configured the task for "
    "external timing, and no clock was supplied. If this is the case, supply an external clock.",
    Code.SAMPLES_WILL_NEVER_BE_AVAILABLE: "The task will never acquire the samples requested.",
    Code.GEN_STOPPED_TO_PREVENT_REGEN_OF_OLD_SAMPLES: "The generation has stopped to prevent the "
    "regeneration of old samples: the application could not write new ones fast enough.",
    Code.OUTPUT_FIFO_UNDERFLOW_2: "The on-board output memory ran dry: the buffer's samples did not reach "
    "the device fast enough.",
    Code.SAMPLES_CAN_NOT_YET_BE_WRITTEN: "Some or all of the samples could not be written yet: the buffer "
    "has no space before samples in it are generated.",
    Code.NO_MORE_SPACE: "The generation has not started, and the buffer has not enough space for these samples.",
    Code.OUTPUT_BUFFER_EMPTY: "The task cannot start, because the output buffer holds no samples. Write first.",
    Code.WRITE_FAILS_BUFFER_SIZE_AUTO_CONFIGURED: "The size of the output buffer was set by the first write; "
    "a further write of another size needs the buffer size to be set explicitly.",
    Code.CANNOT_WRITE_WHEN_AUTO_START_FALSE_AND_TASK_NOT_RUNNING: "Write cannot be performed when auto start "
    "is false and the task is not running.",
    Code.CANNOT_READ_WHEN_AUTO_START_FALSE_BUF_SIZE_ZERO_AND_TASK_NOT_RUNNING: "Read cannot be performed when "
    "auto start is false and the task is not running.",
    Code.AI_MAX_NOT_SPECIFIED: "The maximum of the channel is not specified.",
    Code.AI_MIN_NOT_SPECIFIED: "The minimum of the channel is not specified.",
    Code.CUSTOM_SCALE_DOES_NOT_EXIST: "The custom scale does not exist.",
    Code.UNITS_NOT_FROM_CUSTOM_SCALE: "A custom scale is named, but the units are not those of a custom scale.",
    Code.OUTPUT_BUF_SIZE_TOO_SMALL_TO_START_GEN: "A generation needs a buffer of at least two samples.",
    Code.READ_BUFFER_TOO_SMALL: "The array is too small for the samples requested.",
    Code.INVALID_DEVICE_ID: "Device identifier is invalid.",
    Code.PHYSICAL_CHAN_DOES_NOT_EXIST: "Physical channel specified does not exist on this device.",
    Code.INVALID_PHYS_CHAN_TYPE: "Physical channel is not of the type that this task needs.",
    Code.INVALID_CHAN_NAME: "The task has no such channel.",
    Code.CHAN_ALREADY_IN_TASK: "The channel is in the task already.",
    Code.MULTI_CHAN_TYPES_IN_TASK: "A task cannot contain channels of different types.",
    Code.WRITE_NUM_CHANS_MISMATCH: "Write cannot be performed, because the number of channels in the data "
    "does not match the number of channels in the task.",
    Code.WRITE_CHAN_TYPE_MISMATCH: "The write is not of the type of the task's channels.",
    Code.INVALID_DIG_DATA_WRITE: "The digital data written is not supported.",
    Code.INVALID_LINE_GROUPING: "An entire port cannot be separated into a channel for each line.",
    Code.CHAN_SIZE_TOO_BIG_FOR_U_8_PORT_WRITE: "A channel has more lines than 8-bit data can hold.",
    Code.CHAN_SIZE_TOO_BIG_FOR_U_16_PORT_WRITE: "A channel has more lines than 16-bit data can hold.",
    Code.CHAN_SIZE_TOO_BIG_FOR_U_32_PORT_WRITE: "A channel has more lines than 32-bit data can hold.",
    Code.BUFFERED_OPERATIONS_NOT_SUPPORTED_ON_SELECTED_LINES: "The lines can only be written without a clock.",
    Code.WRITE_NO_OUTPUT_CHANS_IN_TASK: "The task has no output channels to write to.",
    Code.READ_NO_INPUT_CHANS_IN_TASK: "The task has no input channels to read from.",
    Code.PAL_RESOURCE_RESERVED: "The specified resource is reserved by another task.",
    Code.INVALID_ATTRIBUTE_VALUE: "Requested value is not a supported value for this property.",
    Code.MIN_NOT_LESS_THAN_MAX: "The minimum is not less than the maximum.",
    Code.SAMPLE_RATE_NUM_CHANS_CONVERT_PERIOD_COMBO: "The sample rate is too high for the number of channels and the "
    "convert rate.",
    Code.DELAY_FROM_SAMP_CLK_TOO_SHORT: "The delay from the sample clock is too short.",
    Code.DELAY_FROM_SAMP_CLK_TOO_LONG: "The delay from the sample clock is too long for the sample rate.",
    Code.INPUT_FIFO_OVERFLOW_2: "The on-board input memory overflowed: the computer did not fetch the samples in time.",
    Code.ACQ_STOPPED_DRIVER_CANT_XFER_DATA_FAST_ENOUGH: "The acquisition has stopped, because the driver could not "
    "transfer the samples from the device fast enough.",
    Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT: "The property is not supported for this task or device.",
    Code.ATTR_NOT_SUPPORTED: "The property is not supported by the device.",
    Code.CANNOT_SET_PROPERTY_WHEN_TASK_RUNNING: "The property cannot be set while the task runs.",
    Code.CAN_NOT_PERFORM_OP_WHILE_TASK_RUNNING: "The operation cannot be performed while the task runs.",
    Code.CAN_NOT_PERFORM_OP_WHEN_NO_CHANS_IN_TASK: "The operation needs channels in the task.",
    Code.CANNOT_GET_PROPERTY_WHEN_TASK_NOT_RESERVED_COMMITTED_OR_RUNNING: "The property cannot be read while "
    "the task is neither reserved, nor committed, nor running.",
    Code.TRIG_WHEN_ON_DEMAND_SAMP_TIMING: "A trigger needs a sample clock.",
    Code.INVALID_ROUTING_SOURCE_TERMINAL_NAME_ROUTING: "The source terminal does not exist.",
    Code.WAIT_UNTIL_DONE_DOES_NOT_INDICATE_DONE: "The task was not done within the time.",
    Code.RUNTIME_ABORTING_ROUTING: "The operation ended because the task was stopped or aborted.",
    Code.INVALID_TASK: "Task specified is invalid or does not exist.",
    Code.DUPLICATE_TASK: "The task name is in use by another task.",
    Code.DEV_CANNOT_BE_ACCESSED: "The device cannot be accessed: it is no longer present, or has no power.",
    Code.SIGNAL_EVENT_ALREADY_REGISTERED: "A signal event is registered already.",
    Code.SIGNAL_EVENTS_NOT_SUPPORTED_BY_DEVICE: "Only an input task has events of complete samples.",
    Code.DONE_EVENT_ALREADY_REGISTERED: "The done event is registered already.",
    Code.EVERY_N_SAMPS_ACQ_INTO_BUFFER_EVENT_ALREADY_REGISTERED: "The every-N-samples event is registered "
    "already.",
    Code.EVERY_N_SAMPS_TRANSFERRED_FROM_BUFFER_EVENT_ALREADY_REGISTERED: "The every-N-samples event is "
    "registered already.",
    Code.EVERY_N_SAMPLES_EVENT_NOT_SUPPORTED_FOR_NON_BUFFERED_TASKS: "The every-N-samples event needs a "
    "sample clock.",
    Code.EVERY_N_SAMPS_EVENT_INTERVAL_ZERO_NOT_SUPPORTED: "The every-N-samples event needs an interval above 0.",
    Code.EVERY_N_SAMPLES_ACQ_INTO_BUFFER_EVENT_NOT_SUPPORTED_BY_DEVICE: "An output task has no event of "
    "samples acquired.",
    Code.EVERY_N_SAMPS_TRANSFERRED_FROM_BUFFER_EVENT_NOT_SUPPORTED_BY_DEVICE: "An input task has no event of "
    "samples transferred from the buffer.",
    Code.CANNOT_REGISTER_DA_QMX_SOFTWARE_EVENT_WHILE_TASK_IS_RUNNING: "An event cannot be registered while "
    "the task runs.",
    Code.OPERATION_NOT_SUPPORTED_ON_SIMULATED_DEVICE: "The operation is not supported on a simulated device.",
}


def text(code: int) -> str:
    """Return the description of an error code; "" for one that the simulated card never reports."""
    return next((description for known, description in _TEXTS.items() if known == code), "")


class DaqError(Exception):
    """Error as NI-DAQmx reports it.

    Parameters
    ----------
    code : int
        NI-DAQmx's error code.
    details : str
        Details as NI-DAQmx adds them ("Property: AO.Max ...").
    samples_read, samples_written : int, optional
        Samples per channel read or written before the error.
    """

    def __init__(
        self,
        code: int,
        details: str = "",
        samples_read: int | None = None,
        samples_written: int | None = None,
    ) -> None:
        self.code = int(code)
        self.details = details
        self.samples_read = samples_read
        self.samples_written = samples_written
        super().__init__("\n\n".join(part for part in (text(code), details) if part))


def refused_value(name: str, value: object, allowed: str, channel: str = "") -> DaqError:
    """Return -200077, the error for a value that a property or an output can't have.

    Some releases of NI-DAQmx report -200561 for a value written to an output beyond its limits; here it is -200077
    like every other value out of range.
    """
    where = f"\nChannel Name: {channel}" if channel else ""
    details = f"Property: {name}\nRequested Value: {value}\nAllowed: {allowed}{where}"
    return DaqError(Code.INVALID_ATTRIBUTE_VALUE, details)
