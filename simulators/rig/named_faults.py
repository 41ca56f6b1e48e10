"""Faults of a rig by name, for ``hotjunction sim --fault NAME[=VALUE]``: wires, amplifiers, card, junction.

Each name stands for parameters of the simulated rig, faults added to it, or both. The rig file describes the rig
without them, as that of a laboratory does.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.parameters import ParameterError
from simulators.rig.faults import (
    AmplifierOutput,
    Fault,
    FifoOverflow,
    InstrumentSilent,
    LoopBack,
    OutputStuck,
    Overload,
    PanelPress,
    ReadsPause,
)


@dataclass(frozen=True)
class Injection:
    """Effect of named faults: parameters ("ni6281.wiring.ai2" -> "ground") and faults to add."""

    overrides: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


Inject = Callable[[float], Injection]
"""Function of a fault's value that returns its effect."""


@dataclass(frozen=True)
class NamedFault:
    """A fault with a name.

    Parameters
    ----------
    sentence : str
        Description for the user.
    inject : callable
        Its effect; a fault without a value gets 0.
    value : float, optional
        Default value; None if it takes none.
    unit : str
        Meaning of the value, with its unit.
    """

    sentence: str
    inject: Inject
    value: float | None = None
    unit: str = ""


def _wires(**signals: str) -> Inject:
    return lambda value: Injection(
        {f"ni6281.wiring.{terminal}": signal for terminal, signal in signals.items()}
    )


def _set(name: str, given: Any) -> Inject:
    return lambda value: Injection({name: given})


def _to_value(name: str) -> Inject:
    return lambda value: Injection({name: value})


def _adds(*faults: Fault) -> Inject:
    return lambda value: Injection(faults=faults)


def _from_sample(make: Callable[[int], Fault]) -> Inject:
    return lambda value: Injection(faults=(make(int(value)),))


def _pressed(words: str) -> Inject:
    return _from_sample(lambda sample: PanelPress(sample, words))


OPEN_CABLE_F = 5e-15
"""Capacitance that is left between sample and amplifier without the probe's cable; an assumption."""

_SAMPLE = "sample of the run at which it happens"
_LATER = 4000.0

NAMED_FAULTS: Mapping[str, NamedFault] = {
    "none": NamedFault("Nothing is wrong.", lambda value: Injection()),
    "bias-loop-back-off": NamedFault("The cable of the bias loop-back (ai2) is off.", _wires(ai2="ground")),
    "z-loop-back-off": NamedFault("The cable of the z loop-back (ai3) is off.", _wires(ai3="ground")),
    "loop-backs-swapped": NamedFault(
        "The loop-backs of bias and z are swapped.", _wires(ai2="z", ai3="bias")
    ),
    "outputs-swapped": NamedFault("The outputs of bias and z are swapped.", _wires(ao0="z", ao1="bias")),
    "bias-loop-back-reversed": NamedFault(
        "The leads of the bias loop-back are reversed.", _set("ni6281.wiring.bias_loop_back", -1.0)
    ),
    "z-loop-back-reversed": NamedFault(
        "The leads of the z loop-back are reversed.", _set("ni6281.wiring.z_loop_back", -1.0)
    ),
    "bias-loop-back-divided": NamedFault(
        "A divider is in the bias loop-back.", _to_value("ni6281.wiring.bias_loop_back"), 0.1, "V per V"
    ),
    "current-cable-off": NamedFault(
        "The cable of the current amplifier's output is off ai0.", _wires(ai0="ground")
    ),
    "current-on-ai6": NamedFault(
        "The current amplifier is on ai6 in place of ai0.", _wires(ai0="ground", ai6="current")
    ),
    "current-thermocouple-swapped": NamedFault(
        "The inputs of current and thermocouple are swapped.", _wires(ai0="thermocouple", ai1="current")
    ),
    "current-reversed": NamedFault(
        "The current amplifier inverts, or its output leads are reversed.",
        _adds(AmplifierOutput(factor=-1.0)),
    ),
    "current-gain-times": NamedFault(
        "The current amplifier's output is this multiple of what its gain implies.",
        lambda value: Injection(faults=(AmplifierOutput(factor=value),)),
        10.0,
        "factor",
    ),
    "current-gain-raised": NamedFault(
        "The current amplifier's output becomes ten times of what its gain implies during the run.",
        _from_sample(lambda sample: AmplifierOutput(sample, factor=10.0)),
        _LATER,
        _SAMPLE,
    ),
    "current-gain-lowered": NamedFault(
        "The current amplifier's output becomes a tenth of what its gain implies during the run.",
        _from_sample(lambda sample: AmplifierOutput(sample, factor=0.1)),
        _LATER,
        _SAMPLE,
    ),
    "current-output-dead": NamedFault(
        "The current amplifier answers, but its output is dead.", _adds(AmplifierOutput(factor=0.0))
    ),
    "stray-current": NamedFault(
        "A stray current flows into the current amplifier.",
        lambda value: Injection(faults=(Overload(current_A=value),)),
        0.1,
        "A",
    ),
    "preamplifier-silent": NamedFault(
        "The preamplifier of the thermocouple does not obey: off, or its battery is empty.",
        _adds(InstrumentSilent(instrument="voltage_preamplifier")),
    ),
    "preamplifier-other-address": NamedFault(
        "The preamplifier's switch SW601 stands at another address.",
        lambda value: Injection({"bench.line_address": int(value)}),
        2.0,
        "address",
    ),
    "thermocouple-open": NamedFault(
        "The thermocouple or one of its leads is open.", _set("thermal.thermocouple_ohm", 1e9)
    ),
    "thermocouple-shorted": NamedFault(
        "The thermocouple's leads are shorted.", _set("thermal.thermocouple_ohm", 1e-3)
    ),
    "thermocouple-reversed": NamedFault(
        "The thermocouple's leads are reversed.",
        _adds(AmplifierOutput(signal="thermocouple", factor=-1.0)),
    ),
    "bias-leak": NamedFault(
        "The bias leaks to the thermocouple.", _to_value("thermal.leak_ratio"), 1e-5, "V per V"
    ),
    "probe-cable-off": NamedFault(
        "The cable from the probe to the current amplifier's input is off.",
        lambda value: Injection({"fixture.kind": "open", "junction.stray_capacitance_F": OPEN_CABLE_F}),
    ),
    "piezo-reversed": NamedFault("The tip retracts as the z output rises.", _set("piezo.reversed", True)),
    "resistor": NamedFault(
        "A resistor stands in for the junction.",
        lambda value: Injection({"fixture.kind": "resistor", "fixture.resistance_ohm": value}),
        1e4,
        "ohm",
    ),
    "mains-frequency": NamedFault(
        "The mains have another frequency.", _to_value("mains.frequency_Hz"), 60.0, "Hz"
    ),
    "pump-on": NamedFault(
        "A pump shakes the tip at 24.8 Hz, and the leads of the thermocouple (10 nV per pm).",
        lambda value: Injection(
            {"vibration.lines_Hz": [24.8], "vibration.lines_pm": [value], "vibration.leads_V_per_m": 1e4}
        ),
        100.0,
        "pm rms",
    ),
    "knocks": NamedFault(
        "Doors, steps and valves knock at the instrument, once a minute.",
        _to_value("vibration.knock_pm"),
        1000.0,
        "pm of the first swing",
    ),
    "filter-pressed": NamedFault(
        "FILTER is pressed at the current amplifier during the run.", _pressed("P0X"), _LATER, _SAMPLE
    ),
    "suppression-pressed": NamedFault(
        "SUPPRESS is pressed at the current amplifier during the run.", _pressed("N1X"), _LATER, _SAMPLE
    ),
    "bias-supply-pressed": NamedFault(
        "The current amplifier's bias supply is set by hand during the run.",
        _pressed("V1E0X"),
        _LATER,
        _SAMPLE,
    ),
    "auto-filter-pressed": NamedFault(
        "AUTO FILTER is pressed at the current amplifier during the run: the rise time follows the gain.",
        _pressed("Z1X"),
        _LATER,
        _SAMPLE,
    ),
    "bias-loop-back-lost": NamedFault(
        "The bias loop-back falls off during the run.",
        _from_sample(lambda sample: LoopBack(sample, "bias")),
        _LATER,
        _SAMPLE,
    ),
    "z-loop-back-lost": NamedFault(
        "The z loop-back falls off during the run.",
        _from_sample(lambda sample: LoopBack(sample, "z")),
        _LATER,
        _SAMPLE,
    ),
    "bias-output-stuck": NamedFault(
        "The bias output holds its value during the run.",
        _from_sample(lambda sample: OutputStuck(sample, "bias")),
        _LATER,
        _SAMPLE,
    ),
    "z-output-stuck": NamedFault(
        "The z output holds its value during the run.",
        _from_sample(lambda sample: OutputStuck(sample, "z")),
        _LATER,
        _SAMPLE,
    ),
    "fifo-overflow": NamedFault(
        "The card's own memory overflows during the run: the controller does not fetch in time.",
        _from_sample(FifoOverflow),
        _LATER,
        _SAMPLE,
    ),
    "reads-pause": NamedFault(
        "The computer is away for a while, and the acquisition goes on.",
        lambda value: Injection(faults=(ReadsPause(int(_LATER), value),)),
        30.0,
        "s",
    ),
    "convert-delay-refused": NamedFault(
        "The card refuses to delay the first conversion after the sample clock.",
        _set("ni6281.refuses_convert_delay", True),
    ),
    "count-after-stop-wrong": NamedFault(
        "The card answers 0 to the question how far a stopped ramp came.",
        _set("ni6281.count_after_stop", "zero"),
    ),
    "card-out-of-calibration": NamedFault(
        "The gain of the card's inputs is off.", _to_value("ni6281.input_gain_off"), 1e-3, "relative error"
    ),
    "card-clock-off": NamedFault(
        "The card's timebase is off.", _to_value("ni6281.timebase_off"), 1e-3, "relative error"
    ),
    "output-ranges-625x": NamedFault(
        "The card's outputs have only the ranges of 5 and 10 V.",
        lambda value: Injection({"ni6281.output_ranges_V": [5.0, 10.0], "ni6281.output_unipolar_V": []}),
    ),
}
"""All named faults."""


def injection(texts: Iterable[str]) -> Injection:
    """Return the joint effect of faults given as "name" or "name=value".

    Raises
    ------
    ParameterError
        For an unknown name, with the nearest one, or a value that is missing, not a number, or not taken.
    """
    effects = [_one(text) for text in texts]
    overrides = {name: value for effect in effects for name, value in effect.overrides.items()}
    return Injection(overrides, tuple(fault for effect in effects for fault in effect.faults))


def _one(text: str) -> Injection:
    name, equals, given = text.partition("=")
    fault = NAMED_FAULTS.get(name.strip())
    if fault is None:
        near = difflib.get_close_matches(name, NAMED_FAULTS, n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ParameterError(f"unknown fault {name!r}{hint} hotjunction sim --list-faults lists all")
    if not equals:
        return fault.inject(fault.value or 0.0)
    if fault.value is None:
        raise ParameterError(f"the fault {name!r} takes no value")
    try:
        return fault.inject(float(given))
    except ValueError:
        raise ParameterError(f"fault {text!r}: {given!r} is not a number ({fault.unit})") from None


def listed() -> str:
    """Return one line per fault: name, default value, sentence."""
    names = {
        name: name if fault.value is None else f"{name}[={fault.value:g}]"
        for name, fault in NAMED_FAULTS.items()
    }
    width = max(map(len, names.values()))
    return "\n".join(
        f"{names[name]:{width}}  {fault.sentence}" + (f" Value: {fault.unit}." if fault.unit else "")
        for name, fault in NAMED_FAULTS.items()
    )
