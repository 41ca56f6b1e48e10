"""Thermometer: the preamplifier must obey, and the thermocouple must be there, with its noise and without the bias."""

import math

import numpy as np

from analysis.constants import BOLTZMANN_J_per_K
from analysis.preflight.measured import Facts, GainStep, Measured
from analysis.preflight.responses import LIMIT, Mismatch, Part
from analysis.preflight.scan import BAND_Hz, SCAN_RATE_Hz, Statistics

LEAK = 4e-7
"""Largest response of the thermometer, at its input, in V per V of bias or z."""

OPEN_SHARE = 0.2
"""Scatter, as a share of full scale, of a preamplifier that an open thermocouple overloads."""

GAIN_TOLERANCE = 0.15
NOISE_TOLERANCE = 0.2
NO_CHANGE = 0.1
MAINS_FACTOR = 3.0
LEAST_MAINS_V = 1e-7
"""Mains at the thermometer's input that are never too many."""

THERMOMETER_NOISE = "thermometer noise V/rtHz"
"""Name of the noise of the coupled thermometer among the numbers of a proof."""

HEARD = 3.0
"""Least ratio between a thermometer that is heard and one that is not, by their noise."""

ABOVE_FLOOR = 2.0
"""Least noise of a working preamplifier, in units of the card's own."""

QUIET_V_per_rtHz = 1e-9
"""Input noise that every preamplifier has at least."""

ROOM_K = 295.0
WIDEST_Hz = 1e6
"""Bandwidth of a preamplifier without a filter."""


def thermometer_mismatches(measured: Measured, facts: Facts) -> list[Mismatch]:
    """Return what is wrong with the thermometer."""
    step = measured.gain_step
    texts = _obeys(step, facts) if step else []
    if not texts and step:
        texts = _open(step, facts)
    if not texts:
        texts = [*_rest(measured, facts), *_follows(measured, facts)]
        if step:
            texts += [*_source(step, facts), *_mains(step, facts)]
    return [Mismatch(Part.THERMOMETER, f"{text} The run was not started.") for text in texts]


def gain_ratio(step: GainStep, facts: Facts) -> float | None:
    """Return the measured ratio of the gains, from the mean or, if that is too small, the noise; None if unknown."""
    coupled, lowered = _own(step, facts, "coupled"), _own(step, facts, "lowered")
    if abs(coupled.mean_V) > 5 * coupled.sd_V:
        return lowered.mean_V / coupled.mean_V
    if coupled.white_V_per_rtHz > ABOVE_FLOOR * _floor(step, facts) or _should_be_heard(step, facts):
        return lowered.white_V_per_rtHz / coupled.white_V_per_rtHz
    return None


def noise_ratio(step: GainStep, facts: Facts) -> float | None:
    """Return the white noise of the coupled input over that of the grounded one; None if it can't be measured."""
    coupled, grounded = _own(step, facts, "coupled"), _own(step, facts, "grounded")
    heard = grounded.white_V_per_rtHz > ABOVE_FLOOR * _floor(step, facts)
    if not heard or facts.thermometer_lowpass_Hz < BAND_Hz[0]:
        return None
    return coupled.white_V_per_rtHz / grounded.white_V_per_rtHz


def heard_V_per_rtHz(step: GainStep, facts: Facts) -> float | None:
    """Return the white noise of the coupled input at the card; None if it can't be separated from the card's own."""
    coupled = _own(step, facts, "coupled").white_V_per_rtHz
    return coupled if coupled > HEARD * _floor(step, facts) else None


def expected_noise_ratio(step: GainStep, facts: Facts) -> float | None:
    """Return the noise ratio of the rig file's thermocouple, or of the last proof; None if neither is known."""
    if facts.thermocouple_ohm is None:
        return facts.reference.thermometer_ratio
    grounded = _own(step, facts, "grounded").white_V_per_rtHz / (_roll_off(facts) * facts.thermometer_gain)
    thermal = 4 * BOLTZMANN_J_per_K * ROOM_K * facts.thermocouple_ohm
    return math.sqrt(1 + thermal / grounded**2)


def _roll_off(facts: Facts) -> float:
    """Return the density of sampled white noise after a single pole, relative to its own, in the band of the noise.

    Sampling folds the noise above half the rate back; the sum over all aliases is that of a first-order process.
    """
    rate_Hz, corner_Hz = SCAN_RATE_Hz, facts.thermometer_lowpass_Hz
    if corner_Hz > rate_Hz:
        return math.sqrt(math.pi * min(corner_Hz, WIDEST_Hz) / rate_Hz)
    pole = math.exp(-2 * math.pi * corner_Hz / rate_Hz)
    phase = 2 * np.pi * np.linspace(*BAND_Hz, 100) / rate_Hz
    density = np.pi * corner_Hz / rate_Hz * (1 - pole**2) / (1 + pole**2 - 2 * pole * np.cos(phase))
    return float(np.sqrt(density.mean()))


def _own(step: GainStep, facts: Facts, state: str) -> Statistics:
    found: Statistics = getattr(step, state)[facts.wiring.terminals["thermocouple"]]
    return found


def _floor(step: GainStep, facts: Facts) -> float:
    """Return the card's own noise, from the bias loop-back."""
    return step.grounded[facts.wiring.terminals["bias"]].white_V_per_rtHz


def _should_be_heard(step: GainStep, facts: Facts) -> bool:
    return facts.thermometer_gain * QUIET_V_per_rtHz > ABOVE_FLOOR * _floor(step, facts)


def _obeys(step: GainStep, facts: Facts) -> list[str]:
    ratio, own = gain_ratio(step, facts), facts.wiring.input("thermocouple")
    if ratio is None or abs(ratio / step.ratio - 1) <= GAIN_TOLERANCE:
        return []
    found = f"(expected ratio {step.ratio:.2f}, found {ratio:.2f})"
    if abs(ratio - 1) <= NO_CHANGE:
        return [
            f"The {own} ignores the gain {found} and grounding of the {facts.preamplifier}: it is off, does not "
            f"listen, or the cable to it or from it is off. {facts.preamplifier_advice}"
        ]
    if _overloads(step, facts):
        return []  # an overloaded output has no ratio; see below
    return [
        f"The {own} does not follow the gain {found} of the {facts.preamplifier}: its vernier may be on, or another "
        "setting was changed by hand. Compare its front panel with the rig file."
    ]


def _overloads(step: GainStep, facts: Facts) -> bool:
    coupled = _own(step, facts, "coupled")
    rail = coupled.sd_V > OPEN_SHARE * facts.thermometer_full_scale_V
    return rail or abs(coupled.mean_V) > 0.98 * facts.thermometer_full_scale_V


def _open(step: GainStep, facts: Facts) -> list[str]:
    if not _overloads(step, facts):
        return []
    coupled, grounded = _own(step, facts, "coupled"), _own(step, facts, "grounded")
    return [
        f"The {facts.wiring.input('thermocouple')} overloads when the {facts.preamplifier} is coupled (mean "
        f"{coupled.mean_V:+.2g} V, sd {coupled.sd_V:.2g} V; grounded {grounded.sd_V * 1e3:.2g} mV): the thermocouple "
        "or its leads are open. Check them with an ohmmeter."
    ]


def _rest(measured: Measured, facts: Facts) -> list[str]:
    at_rest, known = measured.at_rest[facts.wiring.terminals["thermocouple"]], facts.reference
    if known.thermometer_V_per_rtHz and at_rest.white_V_per_rtHz < known.thermometer_V_per_rtHz / HEARD:
        return [
            f"The {facts.wiring.input('thermocouple')} is silent: its noise is {at_rest.white_V_per_rtHz:.2g} V/rtHz, "
            f"at the last proof in full it was {known.thermometer_V_per_rtHz:.2g} V/rtHz. The {facts.preamplifier} is "
            f"off, or a cable is off. {facts.preamplifier_advice}".rstrip()
        ]
    if abs(at_rest.mean_V) < facts.thermometer_full_scale_V / 2:
        return []
    return [
        f"The {facts.wiring.input('thermocouple')} rests at {at_rest.mean_V:+.3g} V, more than half of its full scale. "
        f"Lower the gain of the {facts.preamplifier}, or find the offset."
    ]


def _follows(measured: Measured, facts: Facts) -> list[str]:
    own, gain = facts.wiring.terminals["thermocouple"], facts.thermometer_gain
    limit = max(LEAK * gain, LIMIT)
    slopes = {output: measured.responses.slope(output, own) for output in ("bias", "z")}
    return [
        f"The {facts.wiring.input('thermocouple')} moves by {slope:+.2f} V per V of {output} with the tip retracted "
        f"(limit {limit:.2g} V/V): {output} leaks to the thermocouple, a share of {abs(slope) / gain:.1e} at the "
        "preamplifier's input. Check the insulation of the probe, and leads and ground of the thermocouple."
        for output, slope in slopes.items()
        if measured.responses.exceeds(output, own, limit) and not measured.responses.echoes(own)
    ]


def _source(step: GainStep, facts: Facts) -> list[str]:
    """Compare the thermocouple's own noise with that of its resistance."""
    ratio, expected = noise_ratio(step, facts), expected_noise_ratio(step, facts)
    if ratio is None or expected is None or abs(ratio / expected - 1) <= NOISE_TOLERANCE:
        return []
    white = (
        f"The white noise of the {facts.wiring.input('thermocouple')}, coupled over grounded, is {ratio:.2f}, expected "
        f"{expected:.2f}"
    )
    if ratio < 1.15:
        return [f"{white}: the thermocouple's leads are shorted. Check them with an ohmmeter."]
    return [
        f"{white}: the resistance of the thermocouple is not what it was. Check its leads with an ohmmeter, or correct "
        "probe.thermocouple_ohm of the rig file."
    ]


def _mains(step: GainStep, facts: Facts) -> list[str]:
    now_V, known_V = _own(step, facts, "coupled").mains_V, facts.reference.mains_V
    if not known_V or now_V <= max(MAINS_FACTOR * known_V, LEAST_MAINS_V * facts.thermometer_gain):
        return []
    return [
        f"The mains on the {facts.wiring.input('thermocouple')} are {now_V / known_V:.0f} times what they were at the "
        f"last proof ({now_V * 1e3:.3g} mV, then {known_V * 1e3:.3g} mV). Look for an open lead, a broken shield or a "
        "ground loop."
    ]
