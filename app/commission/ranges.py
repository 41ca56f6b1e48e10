"""Every range and filter of both amplifiers: gain, offset, noise and rise time; gain series and corners."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from analysis.commissioning.corner import TOLERANCE as CORNER_TOLERANCE
from analysis.commissioning.corner import corner_Hz
from analysis.commissioning.edges import TOLERANCE as RISE_TOLERANCE
from analysis.commissioning.edges import rise_time
from analysis.commissioning.judgement import Number
from analysis.commissioning.ranges import (
    GAIN_TOLERANCE,
    NOISE_FACTOR,
    STEP_TOLERANCE,
    TEST_TOLERANCE,
    RangeTest,
    gain_ratio,
    noise_floor_V,
    range_tests,
    slope,
)
from analysis.preflight.scan import white_V_per_rtHz
from analysis.records import FloatArray
from analysis.spectra.welch import power_spectrum
from app.acquisition.open_rig import OpenRig, set_amplifier
from app.acquisition.proofs import ZERO_NOISE
from app.commission.session import Session
from app.commission.settings import choices_of, restored
from app.config.amplifiers import CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER
from app.config.card_channels import daq_inputs
from app.config.rig import Rig
from app.config.rig_context import current_calibration
from drivers.daqmx.channels import AnalogInput
from drivers.daqmx.terminals import TerminalScan
from drivers.errors import InstrumentFault, OutOfRange

RATE_Hz = 2e4
EDGES = 6
SAMPLES_PER_RISE = 4.0
LEVEL_RISES, LEAST_LEVEL = 6.0, 300
"""Length of a level in rise times, and its least number of samples."""

SLOWEST_Hz = 2e3
USE_OF_RATE = 0.9
CORNERS_Hz = (300.0, 1e3, 3e3, 1e4)
"""Low-pass corners that noise shows within a second."""

SEGMENT_S = 0.1
ms = 1e3


@dataclass
class Found:
    """Numbers of a series, and sentences on what is doubtful and what was left out."""

    numbers: list[Number] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def inputs_of(rig: Rig, *names: str) -> tuple[AnalogInput, ...]:
    """Return inputs of the rig by name, in this order."""
    known = {one.name: one for one in daq_inputs(rig)}
    return tuple(known[name] for name in names)


def gain_series(session: Session, opened: OpenRig, check: Callable[[], None]) -> Found:
    """Measure gain, offset and noise of every gain that the resistor allows; say which it does not."""
    rig, found = session.rig(), Found()
    amplifier = current_calibration(rig)
    total_ohm = session.resistance_ohm + amplifier.series_resistance_ohm
    gains = choices_of(rig, CURRENT_AMPLIFIER, "gain_V_per_A")
    if not gains:
        found.remarks.append("The gain is set by hand: only the one in use was measured.")
        return found
    stimulus = opened.context.stimuli.test_current is not None
    tests = range_tests(gains, total_ohm, amplifier.full_scale_V, rig.daq.outputs.bias.max_V, stimulus)
    scan = opened.context.daq.scan_of(inputs_of(rig, "bias", "current"), RATE_Hz)
    with restored(opened, rig, CURRENT_AMPLIFIER) as driver, scan:
        card_V = 0.0
        for n, test in enumerate(tests):
            check()
            session.progress(0.5 * n / len(tests))
            changed = {"gain_V_per_A": test.gain_V_per_A}
            set_amplifier(driver, rig.current_amplifier.model_copy(update=changed))
            white_V = _one_gain(session, opened, driver, scan, test, found, total_ohm, card_V)
            card_V = card_V or white_V
    beyond = [f"{gain:.0e}" for gain in gains if gain not in [test.gain_V_per_A for test in tests]]
    if beyond:
        found.remarks.append(
            f"Not measured with {session.resistance_ohm:.4g} ohm: {', '.join(beyond)} V/A, where the offset of the "
            "input would fill the scale. Repeat with a resistor of 1 Mohm or 100 Mohm (--resistance) for them."
        )
    return found


def _one_gain(
    session: Session,
    opened: OpenRig,
    driver: Any,
    scan: TerminalScan,
    test: RangeTest,
    found: Found,
    total_ohm: float,
    card_V: float,
) -> float:
    """Measure one gain; add its numbers; return its white noise, V/rtHz."""
    gain, n = test.gain_V_per_A, round(session.amounts.ghost_s * RATE_Hz)
    rig = session.rig()
    settle = round(max(10 * rig.current_amplifier.rise_time_s, 0.02) * RATE_Hz)
    scan.read(settle)
    rest = scan.read(n).data
    white_V = white_V_per_rtHz(rest[1], RATE_Hz)
    measured = _by_bias(opened, scan, test.bias_V, total_ohm, settle, n) if test.bias_V else None
    if measured is None:
        measured = _by_test_current(opened, driver, scan, rig, gain, settle, n)
    sign = -1.0 if current_calibration(rig).inverting else 1.0
    tolerance = GAIN_TOLERANCE if test.bias_V else TEST_TOLERANCE
    how = "" if test.bias_V else ", by its own test current"
    found.numbers.append(
        Number(f"gain at {gain:.0e}{how}", sign * measured, "V/A", f"{gain:.0e} +- {tolerance:.0%}")
    )
    zero = driver.zero_checked()
    if zero is not None:
        with zero:
            scan.read(settle)
            zeroed_V = scan.read(n).data[1]
        found.numbers.append(Number(f"offset at {gain:.0e}", float(zeroed_V.mean()) * 1e3, "mV"))
        if gain == rig.current_amplifier.gain_V_per_A:
            found.numbers.append(Number(ZERO_NOISE, float(zeroed_V.std()), "V"))
    floor_V = noise_floor_V(gain, total_ohm, card_V)
    most = f"< {NOISE_FACTOR * floor_V * 1e6:.3g}" if card_V else ""
    found.numbers.append(Number(f"white noise at {gain:.0e}", white_V * 1e6, "uV/rtHz", most))
    if abs(sign * measured / gain - 1) > tolerance:
        found.doubtful.append(
            f"At {gain:.0e} V/A the gain is {sign * measured:.4g} V/A: that range is off its calibration. Don't use "
            "it before the amplifier was calibrated."
        )
    if card_V and white_V > NOISE_FACTOR * floor_V:
        found.doubtful.append(
            f"At {gain:.0e} V/A the white noise is {white_V / floor_V:.1f} times its floor: a cable that moves, or a "
            "faulty range."
        )
    return white_V


def _by_bias(
    opened: OpenRig, scan: TerminalScan, level_V: float, total_ohm: float, settle: int, n: int
) -> float:
    read = []
    daq = opened.context.daq
    try:
        for volts in (level_V, -level_V):
            daq.write(bias=volts)
            scan.read(settle)
            read.append(scan.read(n).data)
    finally:
        daq.write(bias=0.0)
    return slope(*read) * total_ohm


def _by_test_current(
    opened: OpenRig, driver: Any, scan: TerminalScan, rig: Rig, gain: float, settle: int, n: int
) -> float:
    current_A = 0.25 * current_calibration(rig).full_scale_V / gain
    read, used_A = [], []
    for sign in (1.0, -1.0):
        with driver.inject(sign * current_A) as chosen_A:
            used_A.append(sign * current_A if chosen_A is None else chosen_A)
            scan.read(settle)
            read.append(scan.read(n).data[1].mean())
    return float((read[0] - read[1]) / (used_A[0] - used_A[1]))


def rise_series(session: Session, opened: OpenRig, check: Callable[[], None]) -> Found:
    """Measure every rise time at the gain in use from steps of the bias, and the one without a filter."""
    rig, found = session.rig(), Found()
    times_s = choices_of(rig, CURRENT_AMPLIFIER, "rise_time_s")
    fastest_Hz = USE_OF_RATE * opened.context.daq.properties.fastest_Hz(2)
    unseen = [one for one in times_s if one * fastest_Hz < 2]
    with restored(opened, rig, CURRENT_AMPLIFIER) as driver:
        for n, set_s in enumerate(times_s):
            check()
            session.progress(0.5 + 0.5 * n / len(times_s))
            if set_s in unseen:
                continue
            try:
                set_amplifier(driver, rig.current_amplifier.model_copy(update={"rise_time_s": set_s}))
            except (
                OutOfRange,
                InstrumentFault,
            ) as error:  # too short for this gain; a lost amplifier ends the step
                found.remarks.append(f"Rise time {set_s * 1e6:g} us can't be set at this gain: {error}")
                continue
            rise_s, least_s = _rise(session, opened, rig, set_s, fastest_Hz)
            _judge_rise(found, set_s, rise_s, least_s)
        set_amplifier(driver, rig.current_amplifier)
        unfiltered = driver.unfiltered()
        if unfiltered is not None:
            with unfiltered:
                rise_s, _ = _rise(session, opened, rig, times_s[0], fastest_Hz)
            found.numbers.append(Number("rise time without filter", rise_s * ms, "ms"))
    if unseen:
        named = ", ".join(f"{one * 1e6:g} us" for one in unseen)
        found.remarks.append(f"Rise times that {fastest_Hz / 1e3:.0f} kS/s do not show: {named}.")
    return found


def _rise(
    session: Session, opened: OpenRig, rig: Rig, set_s: float, fastest_Hz: float
) -> tuple[float, float]:
    """Return a rise time and the resolution of its measurement, both in s."""
    rate_Hz = min(max(20 * SAMPLES_PER_RISE / set_s / 4, SLOWEST_Hz), fastest_Hz)
    n = max(round(LEVEL_RISES * set_s * rate_Hz), LEAST_LEVEL)
    amplifier, daq = current_calibration(rig), opened.context.daq
    total_ohm = session.resistance_ohm + amplifier.series_resistance_ohm
    level_V = min(
        0.4 * amplifier.full_scale_V * total_ohm / amplifier.gain_V_per_A, rig.daq.outputs.bias.max_V
    )

    def acts() -> Iterator[tuple[Callable[[], object], int]]:
        for edge in range(EDGES):
            volts = level_V * (-1) ** edge
            yield partial(daq.write, bias=volts), n

    with daq.scan_of(inputs_of(rig, "bias", "current"), rate_Hz) as scan:
        try:
            bias_V, current_V = scan.read_while(acts()).data
        finally:
            daq.write(bias=0.0)
    return rise_time(bias_V, current_V, rate_Hz, 3 / rate_Hz).rise_s, 2 / rate_Hz


def _judge_rise(found: Found, set_s: float, rise_s: float, least_s: float) -> None:
    wanted = f"{set_s * ms:g} +- {RISE_TOLERANCE:.0%}"
    found.numbers.append(Number(f"rise time at {set_s * ms:g} ms", rise_s * ms, "ms", wanted))
    if abs(rise_s - set_s) > RISE_TOLERANCE * set_s + least_s:
        found.doubtful.append(
            f"Set to a rise time of {set_s * ms:g} ms the current amplifier takes {rise_s * ms:.3g} ms: its filter is "
            "faulty, or was switched by hand."
        )


def preamplifier_series(session: Session, opened: OpenRig, check: Callable[[], None]) -> Found:
    """Measure gains from the noise of the source, and the low-pass corners."""
    rig, found = session.rig(), Found()
    section, role = rig.voltage_preamplifier, VOLTAGE_PREAMPLIFIER
    gains, corners = choices_of(rig, role, "gain"), choices_of(rig, role, "lowpass_Hz")
    if not gains or not corners:
        found.remarks.append("The preamplifier is set by hand: only the settings in use were measured.")
        return found
    seconds = max(session.amounts.ghost_s, 0.4) * 3
    poles = int(opened.settings[role].get("poles", 1) or 1)
    with restored(opened, rig, role) as driver:
        white = {}
        for gain in [gains[0], *(one for one in gains if section.gain / 100 < one <= section.gain)]:
            check()
            driver.gain = gain
            white[gain] = white_V_per_rtHz(_noise(opened, rig, RATE_Hz, seconds), RATE_Hz)
        _judge_gains(found, white, gains[0], section.gain)
        for number, wanted_Hz in enumerate(one for one in CORNERS_Hz if one in corners):
            check()
            session.progress(0.5 + number / 2 / len(CORNERS_Hz))
            driver.lowpass_Hz = wanted_Hz
            rate_Hz = max(RATE_Hz, 10 * wanted_Hz)
            spectrum = power_spectrum([_noise(opened, rig, rate_Hz, 2 * seconds)], rate_Hz, SEGMENT_S)
            seen_Hz = corner_Hz(spectrum, wanted_Hz, poles, rig.mains_Hz)
            found.numbers.append(
                Number(
                    f"corner at {wanted_Hz:g} Hz", seen_Hz, "Hz", f"{wanted_Hz:g} +- {CORNER_TOLERANCE:.0%}"
                )
            )
            if abs(seen_Hz / wanted_Hz - 1) > CORNER_TOLERANCE:
                found.doubtful.append(
                    f"Set to {wanted_Hz:g} Hz the low-pass corner of the preamplifier is {seen_Hz:.3g} Hz: its filter "
                    "is faulty, or it does not obey."
                )
    return found


def _judge_gains(found: Found, white: dict[float, float], lowest: float, usual: float) -> None:
    card_V = white.get(lowest, 0.0)
    for gain, volts in white.items():
        ratio = gain_ratio(volts, white[usual], card_V)
        if gain in (lowest, usual) or np.isnan(ratio):
            continue
        wanted = gain / usual
        found.numbers.append(
            Number(
                f"gain {gain:g} over {usual:g}, from the noise",
                ratio,
                "",
                f"{wanted:g} +- {STEP_TOLERANCE:.0%}",
            )
        )
        if abs(ratio / wanted - 1) > STEP_TOLERANCE:
            found.doubtful.append(
                f"At a gain of {gain:g} the preamplifier amplifies its noise {ratio / wanted:.2f} times as much as it "
                f"should, compared with {usual:g}: compare its front panel, and its vernier (UCAL must be off)."
            )
    found.remarks.append(
        "The noise shows gains within 10 %; a bias of 100 uV behind a divider of 1:1000 shows 2 %."
    )


def _noise(opened: OpenRig, rig: Rig, rate_Hz: float, seconds: float) -> FloatArray:
    """Return samples of the thermometer, after it has settled."""
    daq = opened.context.daq
    with daq.scan_of(inputs_of(rig, "thermocouple"), rate_Hz) as scan:
        scan.read(round(0.2 * rate_Hz))
        return scan.read(round(seconds * rate_Hz)).data[0]
