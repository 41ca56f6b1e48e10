"""A thermometer that falls silent in a run ends it; one that was never heard, or is as noisy as it must be, goes on."""

import re
from dataclasses import replace

import numpy as np
import pytest

from procedures.errors import ThermometerFault
from procedures.registry import PROCEDURES
from procedures.thermometer_watch import SILENT_WINDOWS, ThermometerWatch, least_noise_V
from tests.analysis.preflight.test_verdict import FACTS

RATE_Hz = 2000.0
DEAD_V = 6e-5
"""Noise of the card alone on the 10 V range."""


def fed(watch, sd_V, seconds, mean_V=0.5, seed=1, block=37):
    volts = np.random.default_rng(seed).normal(mean_V, sd_V, round(seconds * RATE_Hz))
    for start in range(0, len(volts), block):
        watch.feed(volts[start : start + block])


def test_the_least_noise_is_that_of_resistance_and_preamplifier():
    """5 kohm at 295 K: 9.03 nV/rtHz; with 1 nV/rtHz, times 5e4 and sqrt(1 kHz)."""
    assert least_noise_V(FACTS) == pytest.approx(9.08e-9 * 5e4 * 1000**0.5, rel=0.01)
    assert least_noise_V(replace(FACTS, thermocouple_ohm=None)) == pytest.approx(1e-9 * 5e4 * 1000**0.5)


def test_one_that_falls_silent_is_named_within_a_few_seconds():
    watch = ThermometerWatch(FACTS, RATE_Hz)
    fed(watch, least_noise_V(FACTS), 5.0)

    with pytest.raises(
        ThermometerFault, match=r"\(ai1\) has shown for 3 s .*SR560 is off, its battery is empty"
    ):
        fed(watch, DEAD_V, SILENT_WINDOWS + 1.1, mean_V=0.0)


def test_one_at_the_rail_is_called_overloaded():
    watch = ThermometerWatch(FACTS, RATE_Hz)
    fed(watch, 0.02, 2.0)

    with pytest.raises(ThermometerFault, match=r"stayed .* at \+5 V .*SR560 is overloaded"):
        fed(watch, DEAD_V, SILENT_WINDOWS + 1.1, mean_V=4.999)


@pytest.mark.parametrize("seed", range(5))
def test_a_working_one_is_never_silent_even_at_liquid_nitrogen(seed):
    """At 77 K the noise of the resistance is half of that at 295 K."""
    fed(ThermometerWatch(FACTS, RATE_Hz), 0.5 * least_noise_V(FACTS), 60.0, seed=seed, block=1000)


@pytest.mark.parametrize("share", [0.15, 0.3, 0.34, 0.4, 0.6, 0.7])
def test_a_cold_one_is_not_silent_after_a_large_signal(share):
    """A heat signal at 12 Hz, drift and mains are no noise; the noise alone decides, and it stays."""
    watch, rng = ThermometerWatch(FACTS, RATE_Hz), np.random.default_rng(3)
    time_s = np.arange(round(10 * RATE_Hz)) / RATE_Hz
    signal_V = (
        np.sign(np.sin(2 * np.pi * 12.25 * time_s)) + 0.2 * np.sin(2 * np.pi * 50 * time_s) + 0.05 * time_s
    )
    noise_V = share * least_noise_V(FACTS)
    for mean_V in (signal_V, np.zeros_like(time_s)):
        for volts in np.split(mean_V + rng.normal(0.0, noise_V, len(mean_V)), 20):
            watch.feed(volts)


def test_one_that_was_never_heard_and_a_short_silence_are_no_fault():
    fed(ThermometerWatch(FACTS, RATE_Hz), DEAD_V, 20.0)
    watch = ThermometerWatch(FACTS, RATE_Hz)
    for _ in range(5):
        fed(watch, 0.02, 1.5)
        fed(watch, DEAD_V, SILENT_WINDOWS - 1.5)


def test_procedures_about_heat_need_it():
    need = {name for name in PROCEDURES if PROCEDURES[name].thermometer}

    assert {"heating", "peltier", "thermal-conductance", "control-gold"} <= need
    assert not need & {"break-junction", "iv", "calibrate-piezo", "playback"}


@pytest.mark.parametrize(("gain", "remarks"), [(5e4, 0), (100.0, 1)])
def test_a_gain_at_which_a_silent_thermometer_sounds_like_a_working_one_is_remarked_once(gain, remarks):
    """The loop-backs show the card's own noise, whatever slow ramp or step is on them."""
    facts = replace(FACTS, thermometer_gain=gain)
    watch, rng, said = ThermometerWatch(facts, RATE_Hz), np.random.default_rng(4), []
    for number in range(300):
        own = rng.normal(0.0, DEAD_V, (3, 100))
        ramp_V = 1e-4 * np.arange(100) + (number % 7)
        said.append(
            watch.feed(own[0] + rng.normal(0.0, least_noise_V(facts), 100), [own[1], own[2] + ramp_V])
        )

    said = [remark for remark in said if remark]
    assert len(said) == remarks
    assert all("SR560 that dies in this run would not be noticed: at its gain of 100" in one for one in said)


def test_the_remark_names_a_gain_at_which_a_silent_one_is_noticed():
    facts = replace(FACTS, thermometer_gain=100.0)
    rng = np.random.default_rng(4)
    own = rng.normal(0.0, DEAD_V, (2, 2000))
    (gain,) = re.findall(
        "rig file to ([0-9.e+]+) or more", ThermometerWatch(facts, RATE_Hz).feed(own[0], [own[1]])
    )

    raised = replace(FACTS, thermometer_gain=1.1 * float(gain))
    assert ThermometerWatch(raised, RATE_Hz).feed(own[0], [own[1]]) == ""
    watch = ThermometerWatch(raised, RATE_Hz)
    fed(watch, least_noise_V(raised), 5.0)
    with pytest.raises(ThermometerFault):
        fed(watch, DEAD_V, SILENT_WINDOWS + 1.1)
