"""Properties of the card, its terminals and the driver, by NI-DAQmx's names."""

from dataclasses import dataclass

from nidaqmx.constants import AcquisitionType, BusType, ProductCategory, UsageTypeAI, UsageTypeAO
from nidaqmx.utils import flatten_channel_string

from simulators.daqmx.attributes import Attribute, fixed_property
from simulators.daqmx.card import Card
from simulators.daqmx.channels import (
    DIFFERENTIAL_INPUTS,
    KINDS,
    PORT_LINES,
    known_device,
    local_name,
    terminals,
)
from simulators.daqmx.errors import Code, DaqError

_RSE, _NRSE, _DIFFERENTIAL = 1, 2, 4  # bits of a terminal configuration
_DC, _START_TRIGGER = 2, 8  # bits of couplings and of trigger usages
_PRODUCT_NUMBER = 0x70BF  # pci.ids
_MODES = [AcquisitionType.FINITE.value, AcquisitionType.CONTINUOUS.value]


def device_of(card: Card, name: str) -> Card:
    """Return the card if ``name`` is its device name. Raises -200220."""
    known_device(card.bench.card, name)
    return card


@dataclass(frozen=True)
class CardTerminal:
    """One terminal of the card ("ai0", "port0/line0")."""

    card: Card
    name: str


def terminal_of(card: Card, physical: str) -> CardTerminal:
    """Return a terminal by its full name ("Dev1/ai0"). Raises -200220 or -200170."""
    device = card.bench.card
    name = local_name(device, physical)
    if not any(f"{device.device}/{name}" in terminals(device, kind) for kind in KINDS):
        raise DaqError(Code.PHYSICAL_CHAN_DOES_NOT_EXIST, f"Physical Channel Name: {physical}")
    return CardTerminal(card, name)


def _parameter(name: str) -> Attribute:
    return Attribute(lambda card: getattr(card.bench.card, name))


def _listed(kind: str) -> Attribute:
    return Attribute(lambda card: flatten_channel_string(terminals(card.bench.card, kind)))


def _both_ways(ranges_V: list[float]) -> list[float]:
    return [signed for range_V in ranges_V for signed in (-range_V, range_V)]


def _output_ranges(card: Card) -> list[float]:
    parameters = card.bench.card
    unipolar = [end for range_V in parameters.output_unipolar_V for end in (0.0, range_V)]
    return _both_ways(parameters.output_ranges_V) + unipolar


def _routes(card: Card) -> str:
    device = card.bench.card.device
    names = ("ai/SampleClock", "ai/StartTrigger", "ao/SampleClock", "ao/StartTrigger")
    return ", ".join(f"/{device}/{name}" for name in names)


DEVICE = {
    "PRODUCT_TYPE": _parameter("product_type"),
    "PRODUCT_CATEGORY": Attribute(lambda card: ProductCategory[card.bench.card.category].value),
    "PRODUCT_NUM": fixed_property(_PRODUCT_NUMBER),
    "SERIAL_NUM": _parameter("serial_number"),
    "IS_SIMULATED": _parameter("is_simulated"),
    "BUS_TYPE": fixed_property(BusType.PXI.value),
    "PXI_CHASSIS_NUM": fixed_property(1),
    "PXI_SLOT_NUM": fixed_property(2),
    "NUM_DMA_CHANS": fixed_property(6),
    "TERMINALS": Attribute(_routes),
    "ACCESSORY_PRODUCT_TYPES": fixed_property(""),
    "ACCESSORY_PRODUCT_NUMS": fixed_property([]),
    "ACCESSORY_SERIAL_NUMS": fixed_property([]),
    "AI_PHYSICAL_CHANS": _listed("ai"),
    "AI_VOLTAGE_RNGS": Attribute(lambda card: _both_ways(card.bench.card.input_ranges_V)),
    "AI_MAX_SINGLE_CHAN_RATE": _parameter("fastest_one_input_Hz"),
    "AI_MAX_MULTI_CHAN_RATE": _parameter("fastest_inputs_Hz"),
    "AI_MIN_RATE": fixed_property(0.006),
    "AI_SIMULTANEOUS_SAMPLING_SUPPORTED": _parameter("delta_sigma"),
    "AI_SAMP_MODES": fixed_property(_MODES),
    "AI_SUPPORTED_MEAS_TYPES": fixed_property([UsageTypeAI.VOLTAGE.value]),
    "AI_COUPLINGS": fixed_property(_DC),
    "AI_TRIG_USAGE": fixed_property(_START_TRIGGER),
    "AO_PHYSICAL_CHANS": _listed("ao"),
    "AO_VOLTAGE_RNGS": Attribute(_output_ranges),
    "AO_MAX_RATE": _parameter("fastest_output_Hz"),
    "AO_MIN_RATE": fixed_property(0.006),
    "AO_SAMP_CLK_SUPPORTED": fixed_property(True),
    "AO_SAMP_MODES": fixed_property(_MODES),
    "AO_SUPPORTED_OUTPUT_TYPES": fixed_property([UsageTypeAO.VOLTAGE.value]),
    "AO_TRIG_USAGE": fixed_property(_START_TRIGGER),
    "DIG_TRIG_SUPPORTED": fixed_property(True),
    "ANLG_TRIG_SUPPORTED": fixed_property(False),
    "CI_PHYSICAL_CHANS": _listed("ctr"),
    "CO_PHYSICAL_CHANS": _listed("ctr"),
    "DI_LINES": _listed("line"),
    "DO_LINES": _listed("line"),
    "DI_PORTS": _listed("port"),
    "DO_PORTS": _listed("port"),
    "DO_TRIG_USAGE": fixed_property(0),
}


def _configurations(terminal: CardTerminal) -> int:
    if not terminal.name.startswith("ai"):
        raise DaqError(Code.ATTR_NOT_SUPPORTED, f"Physical Channel Name: {terminal.name}")
    upper = int(terminal.name[2:]) >= DIFFERENTIAL_INPUTS
    return _RSE | _NRSE | (0 if upper else _DIFFERENTIAL)


def _port_width(terminal: CardTerminal) -> int:
    if not terminal.name.startswith("port"):
        raise DaqError(Code.ATTR_NOT_SUPPORTED, f"Physical Channel Name: {terminal.name}")
    return PORT_LINES


PHYSICAL_CHANNEL = {
    "PHYSICAL_CHAN_AI_TERM_CFGS": Attribute(_configurations),
    "PHYSICAL_CHAN_AI_SUPPORTED_MEAS_TYPES": fixed_property([UsageTypeAI.VOLTAGE.value]),
    "PHYSICAL_CHAN_AI_INPUT_SRCS": fixed_property(""),
    "PHYSICAL_CHAN_AO_TERM_CFGS": fixed_property(_RSE),
    "PHYSICAL_CHAN_AO_SUPPORTED_OUTPUT_TYPES": fixed_property([UsageTypeAO.VOLTAGE.value]),
    "PHYSICAL_CHAN_DO_PORT_WIDTH": Attribute(_port_width),
    "PHYSICAL_CHAN_DO_SAMP_CLK_SUPPORTED": fixed_property(False),
    "PHYSICAL_CHAN_DO_SAMP_MODES": fixed_property([]),
}


def _version(part: int) -> Attribute:
    return Attribute(lambda card: card.bench.card.driver_version[part])


SYSTEM = {
    "NIDAQ_MAJOR_VERSION": _version(0),
    "NIDAQ_MINOR_VERSION": _version(1),
    "NIDAQ_UPDATE_VERSION": _version(2),
    "DEV_NAMES": _parameter("device"),
    "TASKS": fixed_property(""),
    "SCALES": fixed_property(""),
    "GLOBAL_CHANS": fixed_property(""),
}
