"""Digital lines of NI-DAQmx in channels, written or read sample by sample.

Only software-timed samples are simulated. Lines hold their levels when a task stops or is cleared; a reset of the
card clears them. Source: NI-DAQmx Help, "Digital Data (Integer Format)"; NI, "M Series User Manual".
"""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from nidaqmx.constants import LineGrouping
from nidaqmx.utils import unflatten_channel_string
from numpy.typing import NDArray

from simulators.daqmx.channels import PORT_LINES, local_name, names_of, terminals, wrong_terminal
from simulators.daqmx.errors import Code, DaqError
from simulators.rig.bench import SimulatedBench
from simulators.rig.ni6281 import NI6281Parameters

BoolArray = NDArray[np.bool_]
UIntArray = NDArray[np.uint32]

_TOO_BIG = {
    8: Code.CHAN_SIZE_TOO_BIG_FOR_U_8_PORT_WRITE,
    16: Code.CHAN_SIZE_TOO_BIG_FOR_U_16_PORT_WRITE,
    32: Code.CHAN_SIZE_TOO_BIG_FOR_U_32_PORT_WRITE,
}


@dataclass
class LineChannel:
    """Virtual channel of digital lines.

    Parameters
    ----------
    name : str
        Name in the task.
    lines : tuple of str
        Lines in the order given: "port0/line0".
    properties : dict
        Properties that are stored and have no effect, by NI-DAQmx's number.
    """

    name: str
    lines: tuple[str, ...]
    properties: dict[int, object] = field(default_factory=dict)

    @property
    def terminals(self) -> tuple[str, ...]:
        """Terminals on the card."""
        return self.lines

    @cached_property
    def bits(self) -> tuple[int, ...]:
        """Bit of each line in an integer: ports in their order, lines by number."""
        ports = list(dict.fromkeys(_port(line) for line in self.lines))
        return tuple(ports.index(_port(line)) * PORT_LINES + _number(line) for line in self.lines)


def _port(line: str) -> str:
    return line.partition("/")[0]


def _number(line: str) -> int:
    return int(line.rpartition("line")[2])


def line_channels(card: NI6281Parameters, physical: str, name: str, grouping: int) -> list[LineChannel]:
    """Return the channels that one call adds to a task ("Dev1/port0/line0:3, Dev1/port1").

    Raises
    ------
    DaqError
        For an unknown device (-200220), port or line (-200170), an analogue terminal (-200430), or a whole port with
        a channel for each line (-200528).
    """
    parts = unflatten_channel_string(physical)
    if not parts:
        raise DaqError(Code.PHYSICAL_CHAN_DOES_NOT_EXIST, f"Physical Channel Name: {physical!r}")
    groups = [_lines(card, part) for part in parts]
    if grouping == LineGrouping.CHAN_FOR_ALL_LINES.value:
        lines = tuple(line for group in groups for line in group)
        first = f"{card.device}/{local_name(card, parts[0])}"
        return [LineChannel(name or (first if len(parts) == 1 else f"{first}..."), lines)]
    if any(len(group) > 1 for group in groups):
        raise DaqError(Code.INVALID_LINE_GROUPING, f"Lines: {physical}")
    names = names_of(card, name, [line for group in groups for line in group])
    return [LineChannel(*pair) for pair in zip(names, map(tuple, groups), strict=True)]


def _lines(card: NI6281Parameters, physical: str) -> list[str]:
    """Return the line, or all lines of a port."""
    name = local_name(card, physical)
    full = f"{card.device}/{name}"
    if full in terminals(card, "line"):
        return [name]
    if full in terminals(card, "port"):
        return [f"{name}/line{n}" for n in range(PORT_LINES)]
    raise wrong_terminal(card, physical)


@dataclass
class LinesEngine:
    """Digital lines of a task. Without a clock it only writes."""

    bench: SimulatedBench
    channels: list[LineChannel] = field(default_factory=list)
    clock: None = None
    buffer_size: int | None = None

    kind = "do"

    def resources(self) -> set[str]:
        """Return the resources that the task reserves: its lines."""
        return {line for channel in self.channels for line in channel.lines}

    def verify(self) -> None:
        """Accept all settings."""

    def fastest_Hz(self) -> float:
        """Raise -200452: digital lines have no clock."""
        raise DaqError(Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT, "The task has no sample clock.")

    def commit(self) -> None:
        """Do nothing: there is nothing to prepare."""

    def start(self) -> None:
        """Do nothing until a write."""

    def begin(self, at_s: float) -> None:
        """Do nothing: there is no clock to start."""

    def halt(self) -> None:
        """Do nothing: the lines hold."""

    def release(self) -> None:
        """Do nothing: there is no buffer to discard."""

    def done(self) -> bool:
        """Return True: without a clock every task is done."""
        return True

    def done_due_s(self) -> float:
        """Return infinity: the task never ends on its own."""
        return math.inf

    @property
    def most_lines(self) -> int:
        """Number of lines of the largest channel."""
        return max((len(channel.lines) for channel in self.channels), default=0)

    def levels_of_integers(self, values: UIntArray, width: int) -> BoolArray:
        """Convert integers of ``width`` bits to levels: from (n_channels, n) to (n_channels, n, most_lines).

        Raises
        ------
        DaqError
            -200565, -200879 or -200566 for a channel with more ports than fit into the integer.
        """
        levels = np.zeros((*values.shape, self.most_lines), dtype=bool)
        for row, channel in enumerate(self.channels):
            if max(channel.bits) >= width:
                raise DaqError(_TOO_BIG[width], f"Channel Name: {channel.name}", samples_written=0)
            for column, bit in enumerate(channel.bits):
                levels[row, :, column] = values[row] >> bit & 1
        return levels

    def look(self) -> BoolArray:
        """Return the present levels, shape (n_channels, most_lines)."""
        levels = np.zeros((len(self.channels), self.most_lines), dtype=bool)
        for row, channel in enumerate(self.channels):
            levels[row, : len(channel.lines)] = [self.bench.level(line) for line in channel.lines]
        return levels

    def put(self, levels: BoolArray) -> None:
        """Drive the lines, shape (n_channels, n, most_lines), sample by sample."""
        for sample in range(levels.shape[1]):
            if sample:
                self.bench.pass_on_demand()
            self.bench.drive(
                {
                    line: bool(level)
                    for channel, row in zip(self.channels, levels[:, sample], strict=True)
                    for line, level in zip(channel.lines, row, strict=False)
                }
            )


class InputLinesEngine(LinesEngine):
    """Digital lines of a task that reads them."""

    kind = "di"
