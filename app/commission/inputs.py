"""Steps on the inputs: lag, noise, mains."""

from math import sqrt

import numpy as np

from analysis.commissioning.judgement import Judgement, Number, judged
from analysis.commissioning.mains import WITHIN_Hz, mains
from analysis.constants import BOLTZMANN_J_per_K
from analysis.heating.arrival import scan_arrival
from analysis.preflight.scan import white_V_per_rtHz
from analysis.recording import Recording
from analysis.records import FloatArray
from app.calibration.result import spans_of
from app.commission.session import Session
from app.commission.step import Step
from app.config.calibration_store import LagRecord
from app.config.rig_context import current_calibration
from procedures.calibrate_lag import CalibrateLag
from procedures.calibrate_noise import CalibrateNoise

ROOM_K = 295.0
NOISE_FACTOR = 3.0


def lag(session: Session) -> Judgement:
    """Measure the lag of the inputs and the first arrival of the current; save the lag."""
    found, out = session.calibrate(
        "lag", "06-lag", CalibrateLag.from_values({"amplitude": 0.05, "holds": session.amounts.holds})
    )
    record = found.record
    assert isinstance(record, LagRecord)
    with Recording(out) as recording:
        rate_Hz, expected = recording.rate_Hz, scan_arrival(recording.header)
    arrival_s = record.current_first_arrival_s
    numbers = [Number("lag of the inputs", record.lag_s * 1e6, "us")]
    if arrival_s is None:
        return judged(
            numbers,
            ["The current does not follow the bias: its lag can't be measured."],
            remarks=found.remarks,
        )
    arrival = round(arrival_s * rate_Hz)
    numbers.append(
        Number("first arrival of the current behind the bias", arrival, "samples", f"{expected:+d}")
    )
    numbers.append(
        Number("mean lag of the current behind the bias", (record.current_lag_s or 0.0) * 1e6, "us")
    )
    if arrival != expected:
        return judged(
            numbers,
            doubtful=[
                f"The current first follows the bias at sample {arrival:+d}, expected {expected:+d} from the times "
                "of the "
                "scan: masks use the measured one. Check the order of daq.inputs and the convert clock of the card."
            ],
            remarks=found.remarks,
        )
    session.keep(found)
    return judged(numbers, remarks=found.remarks)


def noise(session: Session) -> Judgement:
    """Record all inputs at 0 V; compare their white noise with its floor."""
    seconds = session.amounts.noise_s
    procedure = CalibrateNoise.from_values(
        {"stretches": max(round(seconds / 20), 1), "stretch_time": min(seconds, 20.0)}
    )
    out = session.record("07-noise", procedure)
    with Recording(out) as recording:
        white = {
            name: float(np.median([white_V_per_rtHz(volts, recording.rate_Hz) for volts in stretches]))
            for name, stretches in _stretches(recording).items()
        }
    floor = _floors(session, white)
    numbers = [
        Number(f"white noise of {name}", value * 1e6, "uV/rtHz", _most(floor.get(name)))
        for name, value in white.items()
    ]
    doubtful = [
        f"The white noise of the {name} input is {white[name] / limit:.1f} times its floor ({white[name] * 1e6:.3g} "
        "and "
        f"{limit * 1e6:.3g} uV/rtHz). Check its cable and shield, the filter of its amplifier, and grounding."
        for name, limit in floor.items()
        if white[name] > NOISE_FACTOR * limit
    ]
    return judged(numbers, doubtful=doubtful)


def _most(floor_V: float | None) -> str:
    return "" if floor_V is None else f"< {NOISE_FACTOR * floor_V * 1e6:.3g}"


def _stretches(recording: Recording) -> dict[str, list[FloatArray]]:
    """Return the noise records of the four roles."""
    names = ("bias", "z", "thermocouple", "current")
    spans = list(spans_of(recording, CalibrateNoise.step))
    return {name: [recording.samples(*span, (name,))[0] for span in spans] for name in names}


def _floors(session: Session, white: dict[str, float]) -> dict[str, float]:
    """Return the least white noise of inputs: the card's of the loop-backs, with Johnson noise for the current."""
    rig = session.rig()
    card = min(white["bias"], white["z"])
    gain = rig.current_amplifier.gain_V_per_A
    ohm = session.resistance_ohm + current_calibration(rig).series_resistance_ohm
    johnson = gain * sqrt(4 * BOLTZMANN_J_per_K * ROOM_K * (1 / ohm + 1 / gain))
    return {"bias": card, "z": card, "current": sqrt(card**2 + johnson**2)}


def mains_lines(session: Session) -> Judgement:
    """Find the frequency of the mains, and their harmonics on each input."""
    seconds = session.amounts.noise_s
    procedure = CalibrateNoise.from_values({"stretches": 1, "stretch_time": seconds, "settle": 0.5})
    out = session.record("08-mains", procedure)
    with Recording(out) as recording:
        found = mains({name: parts[0] for name, parts in _stretches(recording).items()}, recording.rate_Hz)
    stated_Hz = session.rig().mains_Hz
    if np.isnan(found.frequency_Hz):
        return judged([], remarks=["No input shows the mains."])
    numbers = [Number("mains", found.frequency_Hz, "Hz", f"{stated_Hz:g} +- {WITHIN_Hz:g}")]
    for name in ("thermocouple", "current"):
        for n, line in enumerate(found.lines[name], start=1):
            numbers.append(Number(f"{name}, harmonic {n}", line.amplitude_V * 1e3, "mV"))
            numbers.append(Number(f"{name}, phase {n}", float(np.degrees(line.phase_rad)), "deg"))
    wrong = (
        [f"Mains found at {found.frequency_Hz:.2f} Hz, the rig file says {stated_Hz:g} Hz: correct mains_Hz."]
        if abs(found.frequency_Hz - stated_Hz) > WITHIN_Hz
        else []
    )
    return judged(numbers, wrong)


STEPS = (
    Step(
        6,
        "Lag",
        "Modulates the bias and times the edges on its loop-back and on the current.",
        lag,
        needs=(4,),
        record="lag",
        takes_s=lambda amounts: 4.0 * amounts.holds + 3,
    ),
    Step(
        7,
        "Noise",
        "Records all inputs at 0 V bias.",
        noise,
        needs=(2,),
        record="noise",
        takes_s=lambda amounts: amounts.noise_s + 5,
    ),
    Step(
        8,
        "Mains",
        "Finds frequency and harmonics of the mains at 0 V bias.",
        mains_lines,
        needs=(2,),
        record="mains",
        takes_s=lambda amounts: amounts.noise_s + 3,
    ),
)
