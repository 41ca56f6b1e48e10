"""Properties of a data acquisition card, asked from the card itself.

Source: NI-DAQmx Properties, "Device" (AI.VoltageRngs, AI.MaxMultiChanRate, ...) and "Channel" (AI.Resolution).
"""

from dataclasses import dataclass
from typing import Any, Self

from nidaqmx.constants import ProductCategory
from nidaqmx.system import Device

from drivers.errors import OutOfRange


@dataclass(frozen=True)
class CardProperties:
    """Ranges and rates of a card.

    Parameters
    ----------
    product : str
        Product type ("PXI-6281").
    input_ranges_V, output_ranges_V : tuple of float
        Ranges that are symmetrical about 0 V, each by its upper end, ascending.
    one_input_Hz, all_inputs_Hz : float
        Highest sample rate with a single input, and with several: of all together, or of each if ``simultaneous``.
    simultaneous : bool
        True for a converter at each input; False for one behind a multiplexer.
    delta_sigma : bool
        True for a card with digital filters, whose outputs can't follow the inputs' sample clock.
    """

    product: str
    input_ranges_V: tuple[float, ...]
    output_ranges_V: tuple[float, ...]
    one_input_Hz: float
    all_inputs_Hz: float
    simultaneous: bool
    delta_sigma: bool

    @classmethod
    def of(cls, device: Device) -> Self:
        """Ask a device for its properties."""
        simultaneous = bool(device.ai_simultaneous_sampling_supported)
        return cls(
            product=device.product_type,
            input_ranges_V=_symmetrical(device.ai_voltage_rngs),
            output_ranges_V=_symmetrical(device.ao_voltage_rngs),
            one_input_Hz=float(device.ai_max_single_chan_rate),
            all_inputs_Hz=float(device.ai_max_multi_chan_rate),
            simultaneous=simultaneous,
            delta_sigma=device.product_category is ProductCategory.DSA,
        )

    def fastest_Hz(self, inputs: int) -> float:
        """Return the highest sample rate of each of a number of inputs."""
        if inputs <= 1:
            return self.one_input_Hz
        return self.all_inputs_Hz if self.simultaneous else self.all_inputs_Hz / inputs

    def check_input_range(self, name: str, range_V: float) -> None:
        """Refuse a range that the card does not have. Raises ``OutOfRange``, which lists those that it has."""
        if range_V not in self.input_ranges_V:
            choices = ", ".join(f"{one:g}" for one in self.input_ranges_V)
            raise OutOfRange(
                f"range of input {name!r} (V)", range_V, f"one of {choices} (the {self.product}'s)"
            )

    def check_output_limits(self, name: str, low_V: float, high_V: float) -> None:
        """Refuse limits beyond the card's largest output range. Raises ``OutOfRange``."""
        most_V = self.output_ranges_V[-1] if self.output_ranges_V else 0.0
        if not -most_V <= low_V <= high_V <= most_V:
            raise OutOfRange(
                f"limits of output {name!r} (V at the card)",
                f"{low_V:g} to {high_V:g}",
                f"within -{most_V:g} to {most_V:g} (the {self.product}'s)",
            )


def _symmetrical(ranges_V: Any) -> tuple[float, ...]:
    """Return the upper ends of the ranges about 0 V of NI-DAQmx's list: low, high, low, high ..."""
    pairs = zip(ranges_V[::2], ranges_V[1::2], strict=True)
    return tuple(sorted({float(high) for low, high in pairs if low == -high}))
