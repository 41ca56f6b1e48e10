"""The simulated Keithley 428 without a wire: bytes in, bytes out."""

import re

import numpy as np

from simulators.keithley428.instrument import SimulatedKeithley428
from simulators.parameters import load_parameters

DT = 1 / 2000
QUIET = {"resistor_temperature_K": 0.0, "input_noise_V_per_rtHz": 0.0}
IDEAL = QUIET | {
    "gain_error": 0.0,
    "output_offset_V": 0.0,
    "residual_offset_V": 0.0,
    "input_current_A": 0.0,
}

PUBLIC_FILLERS = "D{D}J{J}K{K}L{L}M{M:02d}N{N}", "H{H:02d}J{J}K{K}M{M:03d}N{N}"
"""Text between C and P in the status word: thirteen characters of letters that public drivers name."""


def amplifier(seed: int = 5, **overrides: object) -> SimulatedKeithley428:
    return SimulatedKeithley428(
        load_parameters(None, {"keithley428": overrides}), np.random.default_rng(seed)
    )


def ask(device: SimulatedKeithley428, command: bytes) -> str:
    device.receive(command)
    reply = device.send()
    assert reply.endswith(b"\r\n")
    return reply[:-2].decode()


def letters(device: SimulatedKeithley428) -> dict[str, int]:
    """The machine status word, parsed by pattern."""
    word = ask(device, b"U0X")
    assert word.startswith("428")
    return {letter: int(number) for letter, number in re.findall(r"([A-Z])(\d+)", word[3:])}


def errors(device: SimulatedKeithley428) -> set[int]:
    word = ask(device, b"U1X")
    assert re.fullmatch("428[01]{11}", word)
    return {position for position, flag in enumerate(word[3:]) if flag == "1"}
