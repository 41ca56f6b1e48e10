"""Settings of the amplifiers that a step changes for a while, and the values that it can choose from."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.acquisition.open_rig import OpenRig, set_amplifier
from app.config.amplifiers import VOLTAGE_PREAMPLIFIER, model_of
from app.config.rig import Rig
from drivers.amplifier import rig_key


def choices_of(rig: Rig, role: str, name: str) -> tuple[float, ...]:
    """Return the values of a setting that the program can set, ascending; empty for one set by hand."""
    for one in model_of(rig, role).keys:
        key = rig_key(one)
        if one.name == name and key.settable:
            return tuple(sorted(float(value) for value in key.choices))
    return ()


@contextmanager
def restored(opened: OpenRig, rig: Rig, role: str) -> Iterator[Any]:
    """Yield the driver of an amplifier; afterwards it has the settings of the rig file again.

    Raises
    ------
    RigError
        If it can't be set back.
    """
    amplifier = opened.drivers[role]
    try:
        yield amplifier
    finally:
        set_amplifier(amplifier, getattr(rig, role))


@contextmanager
def quietest(opened: OpenRig, rig: Rig) -> Iterator[None]:
    """Let the preamplifier have its lowest gain, if the program can set it: its output is the same source."""
    gains = choices_of(rig, VOLTAGE_PREAMPLIFIER, "gain")
    if not gains:
        yield
        return
    with restored(opened, rig, VOLTAGE_PREAMPLIFIER) as preamplifier:
        preamplifier.gain = gains[0]
        yield
