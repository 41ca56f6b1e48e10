"""Inputs beside a junction with a heater: its read-back, and the thermometers of base and substrate."""

from dataclasses import dataclass

from analysis.recording.header import RunHeader


@dataclass(frozen=True)
class HeaterInputs:
    """Names of the inputs beside a hold; "" for what the rig lacks.

    ``readback`` is in V across the heater of ``resistance_ohm``; ``base`` and ``substrate`` are in K above ambient.
    """

    readback: str = ""
    base: str = ""
    substrate: str = ""
    resistance_ohm: float = float("nan")

    @classmethod
    def of(cls, header: RunHeader) -> "HeaterInputs":
        """Return the inputs that the recording's rig file names and the recording has."""
        heater = (header.rig or {}).get("heater") or {}
        names = {role: str(heater.get(role) or "") for role in ("readback", "base", "substrate")}
        known = {role: name for role, name in names.items() if name in header.channel_names}
        return cls(**known, resistance_ohm=float(heater.get("resistance_ohm", float("nan"))))

    @property
    def names(self) -> tuple[str, ...]:
        """All inputs that there are."""
        return tuple(dict.fromkeys(name for name in (self.readback, self.base, self.substrate) if name))


NO_INPUTS = HeaterInputs()
"""A rig without read-back and thermometers beside the thermocouple."""


def heater_frequency_Hz(header: RunHeader) -> float:
    """Return the frequency of the heater's voltage from the parameters of a run; NaN without one."""
    value = header.parameters.get("heater_frequency_Hz")
    if value is None:
        return float("nan")
    above, _, below = str(value).partition("/")
    return float(above) / float(below or 1)
