"""The card's terminals and the channels that tasks make of them."""

import re
from dataclasses import dataclass, field

from nidaqmx.constants import TerminalConfiguration
from nidaqmx.utils import unflatten_channel_string

from simulators.daq_errors import Code, DaqError, refused_value
from simulators.ni6281 import Limits, NI6281Parameters, smallest_range

INPUTS, OUTPUTS = 16, 2
DIFFERENTIAL_INPUTS = 8


@dataclass
class Channel:
    """A virtual channel of a task.

    Parameters
    ----------
    name : str
        Its name in the task.
    terminal : str
        The terminal on the card: "ai0", "ao1".
    limits : Limits
        What the user expects of it, in volts.
    terminal_config : int
        NI-DAQmx's number of how it is referred to ground.
    properties : dict
        Properties that are kept and have no effect, by NI-DAQmx's number.
    """

    name: str
    terminal: str
    limits: Limits
    terminal_config: int
    properties: dict[int, object] = field(default_factory=dict)

    @property
    def is_input(self) -> bool:
        """Whether it is an analogue input."""
        return self.terminal.startswith("ai")


def terminals(card: NI6281Parameters, kind: str) -> list[str]:
    """Get the physical channels of a kind, "ai" or "ao": ["Dev1/ai0", ...]."""
    return [f"{card.device}/{kind}{n}" for n in range(INPUTS if kind == "ai" else OUTPUTS)]


def channels(
    card: NI6281Parameters, kind: str, physical: str, name: str, limits: Limits, terminal_config: int
) -> list[Channel]:
    """Build the channels that one call adds to a task ("Dev1/ai0:2, Dev1/ai5").

    Raises
    ------
    DaqError
        For a device (-200220) or terminal (-200170) that doesn't exist, an input where an output is needed
        (-200430), or limits that make no sense (-200082).
    """
    if not limits.min_V < limits.max_V:
        raise DaqError(Code.MIN_NOT_LESS_THAN_MAX, f"Minimum: {limits.min_V}\nMaximum: {limits.max_V}")
    found = [_terminal(card, kind, part) for part in unflatten_channel_string(physical)]
    if not found:
        raise DaqError(Code.PHYSICAL_CHAN_DOES_NOT_EXIST, f"Physical Channel Name: {physical!r}")
    names = _names(card, name, found)
    return [Channel(*pair, limits, terminal_config) for pair in zip(names, found, strict=True)]


def _names(card: NI6281Parameters, name: str, found: list[str]) -> list[str]:
    if not name:
        return [f"{card.device}/{terminal}" for terminal in found]
    given = unflatten_channel_string(name)
    if len(given) == len(found):
        return given
    return [f"{name}{n}" for n in range(len(found))]


def _terminal(card: NI6281Parameters, kind: str, physical: str) -> str:
    device, _, terminal = physical.strip("/").rpartition("/")
    known_device(card, device)
    parts = re.fullmatch(r"([a-z]+)(\d+)", terminal.lower())
    known = parts is not None and f"{card.device}/{terminal.lower()}" in terminals(card, "ai") + terminals(
        card, "ao"
    )
    if parts is None or not known:
        raise DaqError(Code.PHYSICAL_CHAN_DOES_NOT_EXIST, f"Physical Channel Name: {physical}")
    if parts[1] != kind:
        raise DaqError(Code.INVALID_PHYS_CHAN_TYPE, f"Physical Channel Name: {physical}")
    return terminal.lower()


def known_device(card: NI6281Parameters, device: str) -> None:
    """Raise -200220 unless the device is the one there is."""
    if device.lower() != card.device.lower():
        raise DaqError(Code.INVALID_DEVICE_ID, f"Device Specified: {device}\nDevices: {card.device}")


def verify(card: NI6281Parameters, channel: Channel) -> float:
    """Check that the card can do what the channel asks for; get its range in volts.

    Raises
    ------
    DaqError
        -200077 for limits beyond the card's ranges, or a differential channel on the upper inputs.
    """
    ranges_V = card.input_ranges_V if channel.is_input else card.output_ranges_V
    range_V = smallest_range(channel.limits, ranges_V)
    if range_V is None:
        name = "DAQmx_AI_Max" if channel.is_input else "DAQmx_AO_Max"
        value = f"{channel.limits.min_V} to {channel.limits.max_V}"
        raise refused_value(name, value, f"-{ranges_V[-1]} to {ranges_V[-1]}", channel.name)
    if channel.is_input:
        _verify_terminal_config(channel)
    return range_V


def _verify_terminal_config(channel: Channel) -> None:
    config = TerminalConfiguration(channel.terminal_config)
    upper = int(channel.terminal[2:]) >= DIFFERENTIAL_INPUTS
    if config is TerminalConfiguration.PSEUDO_DIFF or (config is TerminalConfiguration.DIFF and upper):
        allowed = "RSE, NRSE" if upper else "DIFF, RSE, NRSE"
        raise refused_value("DAQmx_AI_TermCfg", config.name, allowed, channel.name)
