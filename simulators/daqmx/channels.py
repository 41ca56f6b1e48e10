"""Terminals of the card, and the analogue channels of tasks on them."""

import math
from dataclasses import dataclass, field

from nidaqmx.constants import TerminalConfiguration
from nidaqmx.utils import unflatten_channel_string

from simulators.daqmx.errors import Code, DaqError, refused_value
from simulators.rig.ni6281 import Limits, NI6281Parameters, smallest_range

INPUTS = 16
DIFFERENTIAL_INPUTS = 8
COUNTERS = 2
KINDS = "ai", "internal", "ao", "port", "line", "ctr"
PORTS, PORT_LINES = 3, 8
"""Digital ports of the NI 6281, and lines of each. Source: specifications, "Digital I/O/PFI"."""


@dataclass
class VirtualChannel:
    """Virtual analogue channel of a task.

    Parameters
    ----------
    name : str
        Name in the task.
    terminal : str
        Terminal on the card: "ai0", "ao1".
    limits : Limits
        Limits set by the user, in V.
    terminal_config : int
        NI-DAQmx's number of the ground reference.
    properties : dict
        Properties that are stored and have no effect, by NI-DAQmx's number.
    least_range_V : float
        Smallest range to use, beside the limits; 0 if the user has chosen none.
    """

    name: str
    terminal: str
    limits: Limits
    terminal_config: int
    properties: dict[int, object] = field(default_factory=dict)
    least_range_V: float = 0.0

    @property
    def is_input(self) -> bool:
        """True for an analogue input."""
        return not self.terminal.startswith("ao")

    @property
    def lacks_differential(self) -> bool:
        """True for an input that has no second terminal for a difference."""
        return not self.terminal.startswith("ai") or int(self.terminal[2:]) >= DIFFERENTIAL_INPUTS

    @property
    def span(self) -> Limits:
        """Limits, widened to the range that the user has chosen."""
        least_V = self.least_range_V
        return (
            Limits(min(self.limits.min_V, -least_V), max(self.limits.max_V, least_V))
            if least_V
            else self.limits
        )

    @property
    def terminals(self) -> tuple[str, ...]:
        """Terminals on the card; always one."""
        return (self.terminal,)


def terminals(card: NI6281Parameters, kind: str) -> list[str]:
    """Return the physical channels of a kind, one of `KINDS`: ["Dev1/ai0", ...]. Counters can't be used.

    Internal channels connect the inputs' converter to an output or to ground inside the card.
    Source: NI-DAQmx Help, "Physical Channels", "Internal Channels".
    """
    names = {
        "ai": [f"ai{n}" for n in range(INPUTS)],
        "internal": [
            *(f"_ao{n}_vs_aognd" for n in range(card.outputs)),
            "_aognd_vs_aognd",
            "_aignd_vs_aignd",
            "_calref_vs_aignd",
        ],
        "ao": [f"ao{n}" for n in range(card.outputs)],
        "ctr": [f"ctr{n}" for n in range(COUNTERS)],
        "port": [f"port{n}" for n in range(PORTS)],
        "line": [f"port{port}/line{n}" for port in range(PORTS) for n in range(PORT_LINES)],
    }
    return [f"{card.device}/{name}" for name in names[kind]]


def channels(
    card: NI6281Parameters, kind: str, physical: str, name: str, limits: Limits, terminal_config: int
) -> list[VirtualChannel]:
    """Return the channels that one call adds to a task ("Dev1/ai0:2, Dev1/ai5").

    Raises
    ------
    DaqError
        For an unknown device (-200220) or terminal (-200170), an input where an output is required (-200430), or
        limits in the wrong order (-200082).
    """
    if not limits.min_V < limits.max_V:
        raise DaqError(Code.MIN_NOT_LESS_THAN_MAX, f"Minimum: {limits.min_V}\nMaximum: {limits.max_V}")
    terminal_names = [_terminal(card, kind, part) for part in unflatten_channel_string(physical)]
    if not terminal_names:
        raise DaqError(Code.PHYSICAL_CHAN_DOES_NOT_EXIST, f"Physical Channel Name: {physical!r}")
    pairs = zip(names_of(card, name, terminal_names), terminal_names, strict=True)
    return [VirtualChannel(*pair, limits, terminal_config) for pair in pairs]


def names_of(card: NI6281Parameters, name: str, found: list[str]) -> list[str]:
    """Return channel names, one per terminal of ``found``, from the user's ``name`` ("" for none)."""
    if not name:
        return [f"{card.device}/{terminal}" for terminal in found]
    given = unflatten_channel_string(name)
    if len(given) == len(found):
        return given
    return [f"{name}{n}" for n in range(len(found))]


def _terminal(card: NI6281Parameters, kind: str, physical: str) -> str:
    name = local_name(card, physical)
    allowed = terminals(card, kind) + (terminals(card, "internal") if kind == "ai" else [])
    if f"{card.device}/{name}" not in allowed:
        raise wrong_terminal(card, physical)
    return name


def local_name(card: NI6281Parameters, physical: str) -> str:
    """Return "ai0" for "Dev1/ai0", "port0/line0" for "Dev1/port0/line0". Raises -200220."""
    device, _, name = physical.strip("/").partition("/")
    known_device(card, device)
    return name.lower()


def wrong_terminal(card: NI6281Parameters, physical: str) -> DaqError:
    """Return the error for a terminal of the wrong kind (-200430) or one that does not exist (-200170)."""
    full = f"{card.device}/{local_name(card, physical)}"
    exists = any(full in terminals(card, kind) for kind in KINDS)
    code = Code.INVALID_PHYS_CHAN_TYPE if exists else Code.PHYSICAL_CHAN_DOES_NOT_EXIST
    return DaqError(code, f"Physical Channel Name: {physical}")


def known_device(card: NI6281Parameters, device: str) -> None:
    """Raise -200220 for any device but the card."""
    if device.lower() != card.device.lower():
        raise DaqError(Code.INVALID_DEVICE_ID, f"Device Specified: {device}\nDevices: {card.device}")


def verify(card: NI6281Parameters, channel: VirtualChannel) -> float:
    """Check that the card supports the channel's settings; return its range in V.

    Raises
    ------
    DaqError
        -200077 for limits beyond the card's ranges, or a differential channel on the upper inputs; -200695 or -200694
        for a limit that was reset.
    """
    if channel.is_input and math.isnan(sum(channel.limits)):
        top = math.isnan(channel.limits.max_V)
        raise DaqError(
            Code.AI_MAX_NOT_SPECIFIED if top else Code.AI_MIN_NOT_SPECIFIED, f"Channel: {channel.name}"
        )
    ranges_V = card.input_ranges_V if channel.is_input else card.output_ranges_V
    least_V = max(channel.limits.reach_V, channel.least_range_V)
    range_V = smallest_range(Limits(-least_V, least_V), ranges_V)
    if range_V is None:
        name = "DAQmx_AI_Max" if channel.is_input else "DAQmx_AO_Max"
        value = f"{channel.limits.min_V} to {channel.limits.max_V}"
        raise refused_value(name, value, f"-{ranges_V[-1]} to {ranges_V[-1]}", channel.name)
    if channel.is_input:
        _verify_terminal_config(channel)
    return range_V


def _verify_terminal_config(channel: VirtualChannel) -> None:
    config = TerminalConfiguration(channel.terminal_config)
    single = channel.lacks_differential
    if config is TerminalConfiguration.PSEUDO_DIFF or (config is TerminalConfiguration.DIFF and single):
        allowed = "RSE, NRSE" if single else "DIFF, RSE, NRSE"
        raise refused_value("DAQmx_AI_TermCfg", config.name, allowed, channel.name)
