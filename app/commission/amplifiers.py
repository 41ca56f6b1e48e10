"""Steps on the amplifiers: sign and gain of the whole chain, rise time, filter of the preamplifier."""

import numpy as np

from analysis.commissioning.corner import TOLERANCE as CORNER_TOLERANCE
from analysis.commissioning.corner import corner_Hz
from analysis.commissioning.edges import TOLERANCE as RISE_TOLERANCE
from analysis.commissioning.edges import rise_time
from analysis.commissioning.judgement import Judgement, Number, judged
from analysis.recording import Recording
from analysis.records import EventKind, FloatArray
from analysis.spectra.welch import power_spectrum
from app.commission.ranges import gain_series, preamplifier_series, rise_series
from app.commission.session import MOST_BIAS_V, Session
from app.commission.step import Step
from app.config.calibration_store import AmplifierRecord
from app.config.card_channels import daq_inputs
from app.config.rig_context import current_calibration
from procedures.calibrate_amplifier import RAIL_SHARE, CalibrateAmplifier
from procedures.calibrate_lag import CalibrateLag

GAIN_TOLERANCE = 0.02
SETTLE_S = 0.2
SEGMENT_S = 0.1
FAST_Hz = 5e4
"""Rate at which rise times down to 40 us are seen."""

SCAN_Hz = 2e4
"""Rate of a scan of the thermometer that shows the low-pass corner."""


def chain(session: Session) -> Judgement:
    """Measure sign and gain on the resistor; save them."""
    rig = session.rig()
    amplifier = current_calibration(rig)
    total_ohm = session.resistance_ohm + amplifier.series_resistance_ohm
    most_V = 0.9 * RAIL_SHARE * amplifier.full_scale_V * total_ohm / amplifier.gain_V_per_A
    values = {
        "resistance": session.resistance_ohm,
        "amplitude": min(MOST_BIAS_V, most_V),
        "levels": 5,
        "cycles": 2,
    }
    found, _ = session.calibrate("amplifier", "04-chain", CalibrateAmplifier.from_values(values))
    record = found.record
    assert isinstance(record, AmplifierRecord)
    stated, section = rig.current_amplifier.gain_V_per_A, rig.current_amplifier
    share = record.gain_V_per_A / stated
    numbers = [
        Number("gain", record.gain_V_per_A, "V/A", f"{stated:.4g} +- {GAIN_TOLERANCE:.0%}"),
        Number("offset", record.offset_V * 1e3, "mV"),
        Number("sign", -1 if record.inverting else +1, "", "-1" if section.inverting else "+1"),
        Number("series resistance, from the rig file", amplifier.series_resistance_ohm, "ohm"),
    ]
    wrong = []
    if record.inverting is not None and record.inverting != section.inverting:
        setting = "true" if record.inverting else "false"
        wrong.append(f"The current has the wrong sign: set inverting = {setting} or exchange the leads.")
    if abs(share - 1) > GAIN_TOLERANCE:
        wrong.append(
            f"The gain is {record.gain_V_per_A:.4g} V/A, {share:.3f} of gain_V_per_A: the amplifier is off its "
            "calibration, "
            f"the resistor is not {session.resistance_ohm:.4g} ohm, or junction.series_resistance_ohm "
            f"({amplifier.series_resistance_ohm:g} ohm) is wrong. A second resistor tells which."
        )
    if not wrong:
        session.keep(found)
    return judged(numbers, wrong, remarks=found.remarks)


def rise(session: Session) -> Judgement:
    """Measure the rise time in use from the edges of a modulation; then every gain and every rise time."""
    section = session.rig().current_amplifier
    set_s = section.rise_time_s
    procedure = CalibrateLag.from_values({"amplitude": 0.05, "holds": 2, "hold_time": 0.5})
    out = session.record("09-rise-time", procedure, FAST_Hz)
    with Recording(out) as recording:
        bias_V, current_V = recording.samples(0, recording.n_samples, ("bias", "current"))
        steps = [one for one in recording.events if one.kind is EventKind.STEP and one.name == "modulate"]
        begin, end = steps[0].sample, steps[1].sample
        found = rise_time(bias_V[begin:end], current_V[begin:end], recording.rate_Hz, 3 / recording.rate_Hz)
    least_s = 2 / FAST_Hz
    numbers = [
        Number("rise time", found.rise_s * 1e3, "ms", f"{set_s * 1e3:g} +- {RISE_TOLERANCE:.0%}"),
        Number("edges", found.edges),
    ]
    with session.open() as (opened, check):
        gains, times = gain_series(session, opened, check), rise_series(session, opened, check)
    numbers += gains.numbers + times.numbers
    doubtful, remarks = gains.doubtful + times.doubtful, gains.remarks + times.remarks
    if abs(found.rise_s - set_s) <= RISE_TOLERANCE * set_s + least_s:
        return judged(numbers, doubtful=doubtful, remarks=remarks)
    return judged(
        numbers,
        [
            f"Rise time measured {found.rise_s * 1e3:.2g} ms, set {set_s * 1e3:.2g} ms (rise_time_s in "
            "[current_amplifier]): the filter is not as the rig file says. At a Keithley 428 AUTO FILTER lets the rise "
            "time follow the gain, and FILTER switches it off: press neither; at another amplifier compare its "
            "switches."
        ],
        doubtful,
        remarks,
    )


def preamplifier(session: Session) -> Judgement:
    """Look for the preamplifier's gain step, grounding and low-pass corner in the noise of its output."""
    rig = session.rig()
    section, numbers, wrong = rig.voltage_preamplifier, [], []
    seconds = max(session.amounts.ghost_s, 0.4) * 5
    own = next(one for one in daq_inputs(rig) if one.name == "thermocouple")
    with (
        session.open() as (opened, check),
        opened.context.daq.scan_of((own,), SCAN_Hz) as scan,
    ):
        stimuli = opened.context.stimuli
        poles = int(opened.settings["voltage_preamplifier"].get("poles", 1) or 1)

        def read() -> FloatArray:
            check()
            scan.read(round(SETTLE_S * SCAN_Hz))
            return scan.read(round(seconds * SCAN_Hz)).data[0]

        coupled = read()
        if stimuli.ground is not None:
            with stimuli.ground():
                grounded = read()
            ratio = float(np.std(np.diff(grounded)) / np.std(np.diff(coupled)))
            numbers.append(Number("noise grounded over coupled", ratio, "", "< 1"))
        if stimuli.lower_gain is not None:
            with stimuli.lower_gain() as expected:
                lowered = read()
            ratio = float(np.std(np.diff(lowered)) / np.std(np.diff(coupled)))
            numbers.append(Number("lower gain over usual gain, from the noise", ratio, "", f"{expected:.2f}"))
        series = preamplifier_series(session, opened, check)
    numbers += series.numbers
    found_Hz = corner_Hz(
        power_spectrum([coupled], SCAN_Hz, SEGMENT_S), section.lowpass_Hz, poles, rig.mains_Hz
    )
    numbers.append(
        Number("low-pass corner", found_Hz, "Hz", f"{section.lowpass_Hz:g} +- {CORNER_TOLERANCE:.0%}")
    )
    if abs(found_Hz / section.lowpass_Hz - 1) > CORNER_TOLERANCE:
        wrong.append(
            f"The low-pass corner of the preamplifier is {found_Hz:.3g} Hz, the rig file says {section.lowpass_Hz:g} "
            "Hz "
            "(lowpass_Hz in [voltage_preamplifier]): compare its front panel."
        )
    return judged(numbers, doubtful=wrong + series.doubtful, remarks=series.remarks)


STEPS = (
    Step(
        4,
        "Sign and gain",
        "Steps the bias up to 0.1 V on the resistor. From here on the bias may go to half of its limits.",
        chain,
        needs=(2,),
        record="chain",
        takes_s=lambda amounts: 12.0,
    ),
    Step(
        9,
        "Current amplifier",
        "Modulates the bias at 50 kS/s and times the response; then measures gain, offset and noise of every gain that "
        "the resistor allows, and every rise time.",
        rise,
        needs=(4,),
        record="rise time",
        takes_s=lambda amounts: 30 * amounts.ghost_s + 30,
    ),
    Step(
        10,
        "Preamplifier",
        "Grounds the preamplifier, lowers its gain, and looks for both, for its other gains and for its low-pass "
        "corners in its noise.",
        preamplifier,
        needs=(2,),
        record="preamplifier",
        takes_s=lambda amounts: 60 * amounts.ghost_s + 10,
    ),
)
