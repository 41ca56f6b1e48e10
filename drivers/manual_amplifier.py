"""Amplifiers that are set by hand: no wire leads to them, and the rig file states what they are.

Whatever the file says is believed, so `hotjunction run` asks once a day whether it is still true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from drivers.amplifier import CurrentAmplifier, Provenance, VoltagePreamplifier, Wire, key

RISE_BANDWIDTH = 0.35
"""10-90 % rise time times bandwidth of one pole: ln 9 / 2 pi."""

AGREEMENT = 0.2
"""Largest relative difference of a rise time and a bandwidth that are both stated."""


def completed(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of the rig file with its rise time, from the bandwidth if only that is stated.

    Raises
    ------
    ValueError
        If neither is stated, or the two contradict each other.
    """
    bandwidth_Hz, rise_time_s = table.get("bandwidth_Hz"), table.get("rise_time_s")
    if not isinstance(bandwidth_Hz, int | float) or bandwidth_Hz <= 0:
        return dict(table)
    one_pole_s = RISE_BANDWIDTH / bandwidth_Hz
    if rise_time_s is None:
        return {**table, "rise_time_s": one_pole_s}
    if isinstance(rise_time_s, int | float) and abs(rise_time_s / one_pole_s - 1) > AGREEMENT:
        raise ValueError(
            f"rise_time_s = {rise_time_s:g} s is not that of bandwidth_Hz = {bandwidth_Hz:g} Hz, which is "
            f"{one_pole_s:.3g} s; give one of the two"
        )
    return dict(table)


@dataclass(frozen=True, kw_only=True)
class ManualCurrentAmplifierKeys:
    """Keys of the rig file."""

    gain_V_per_A: float = key(label="Gain", tip="As its switch is set, without the sign")
    rise_time_s: float = key(label="Rise time", tip="10 to 90 %, from its data sheet or a scope")
    bandwidth_Hz: float | None = key(None)
    rail_V: float = key(10.0, label="Rail", tip="Largest output, of either sign")
    noise_A_per_rtHz: float | None = key(None)
    description: str = key("")


class ManualCurrentAmplifier(CurrentAmplifier):
    """Current amplifier that is set by hand."""

    product: ClassVar[str] = "manual current amplifier"
    provenance: ClassVar[Provenance] = Provenance.DECLARED
    full_scale_V: ClassVar[float] = 10.0
    Keys: ClassVar[type[ManualCurrentAmplifierKeys]] = ManualCurrentAmplifierKeys
    completed = staticmethod(completed)

    def __init__(self, keys: ManualCurrentAmplifierKeys) -> None:
        self._keys = keys

    @classmethod
    def at(cls, keys: ManualCurrentAmplifierKeys, wire: Wire = str) -> Self:
        """Open nothing."""
        return cls(keys)

    @staticmethod
    def place(keys: ManualCurrentAmplifierKeys) -> str:
        """Return the user's own description of it."""
        return keys.description or "set by hand"

    def apply(self, keys: ManualCurrentAmplifierKeys) -> ManualCurrentAmplifierKeys:
        """Return what the rig file states: nothing can be set."""
        self._keys = keys
        return keys

    @property
    def state(self) -> ManualCurrentAmplifierKeys:
        """Return what the rig file states."""
        return self._keys


@dataclass(frozen=True, kw_only=True)
class ManualPreamplifierKeys:
    """Keys of the rig file."""

    gain: float = key(label="Gain", tip="As its switch is set, without the sign")
    lowpass_Hz: float = key(label="Low pass", tip="Corner frequency of its low-pass filter, or its bandwidth")
    poles: int = key(1)
    rail_V: float = key(10.0, label="Rail", tip="Largest output, of either sign")
    noise_V_per_rtHz: float | None = key(None)
    description: str = key("")


class ManualPreamplifier(VoltagePreamplifier):
    """Preamplifier of the thermocouple that is set by hand."""

    product: ClassVar[str] = "manual voltage preamplifier"
    provenance: ClassVar[Provenance] = Provenance.DECLARED
    full_scale_V: ClassVar[float] = 10.0
    Keys: ClassVar[type[ManualPreamplifierKeys]] = ManualPreamplifierKeys

    def __init__(self, keys: ManualPreamplifierKeys) -> None:
        self._keys = keys

    @classmethod
    def at(cls, keys: ManualPreamplifierKeys, wire: Wire = str) -> Self:
        """Open nothing."""
        return cls(keys)

    @staticmethod
    def place(keys: ManualPreamplifierKeys) -> str:
        """Return the user's own description of it."""
        return keys.description or "set by hand"

    def apply(self, keys: ManualPreamplifierKeys) -> ManualPreamplifierKeys:
        """Return what the rig file states: nothing can be set."""
        self._keys = keys
        return keys

    @property
    def state(self) -> ManualPreamplifierKeys:
        """Return what the rig file states."""
        return self._keys
