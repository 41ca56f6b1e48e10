"""Stage 2, with a surface: direction of the piezo, sign of the thermometer."""

import numpy as np

from analysis.commissioning.direction import RATIO, direction
from analysis.commissioning.judgement import Judgement, Number, judged
from analysis.heating.points import HeatingPoint
from analysis.recording import Recording
from app.calibration.result import spans_of
from app.commission.session import Session, StepFailed
from app.commission.step import Step
from procedures.commissioning.direction import RAISED, REST, Direction
from procedures.controls import Gold

GOLD_V = 0.030
HOLD_S = 5.0
FACTOR = 3.0
"""Largest ratio of the heat to the predicted one, either way."""

SEEN_SIGMAS = 3.0


def piezo_direction(session: Session) -> Judgement:
    """Raise z by a fraction of a nanometre in the tunnelling regime: the current must rise."""
    out = session.record("16-piezo-direction", Direction())
    with Recording(out) as recording:
        levels = {
            name: np.array(
                [recording.samples(*span, ("current",))[0].mean() for span in spans_of(recording, name)]
            )
            for name in ("zero", REST, RAISED)
        }
    zero_V = float(levels["zero"].mean())
    found = direction(levels[REST] - zero_V, levels[RAISED] - zero_V)
    numbers = [
        Number("current with z raised over current at rest", found.ratio, "", f"> {RATIO:g}"),
        Number("its error", found.error),
    ]
    if not found.seen:
        return judged(
            numbers,
            [
                "No current changes with z: the tip is not within reach of tunnelling. Bring it nearer with the coarse "
                "positioner until a current flows at the resting tip, and repeat the step."
            ],
        )
    if found.ratio < 1:
        other = str(not session.rig().daq.outputs.z.inverting).lower()
        return judged(
            numbers,
            [
                "The current falls when z rises: the contact is at falling z. The tip retracts as the z output rises: "
                f"write inverting = {other} for daq.outputs.z in the rig file, with limits and safe place of the sign "
                "of the extension."
            ],
        )
    return judged(numbers)


def thermometer_sign(session: Session) -> Judgement:
    """Heat gold contacts: the even part must be positive heat, of about the predicted size."""
    from app.offline.analyse import analyse_measurement  # slow to import

    rig = session.whole_rig()
    if rig.probe is None or not rig.probe.known:
        raise StepFailed(
            "The rig file names no calibrated probe: without its Seebeck coefficient and thermal resistance there is "
            "nothing to compare with. Add [probe]."
        )
    procedure = Gold.from_values(
        {"amplitudes": str(GOLD_V), "holds": session.amounts.contacts, "hold_time": HOLD_S}
    )
    out = session.finished("17-thermometer", procedure, rig)
    heating = analyse_measurement([out]).heating
    points = (*heating.control_points, *heating.points) if heating is not None else ()
    if not points:
        raise StepFailed("No contact was held: look at the recording, and repeat the step.")
    return judged_heat(points[0])


def judged_heat(point: HeatingPoint) -> Judgement:
    """Judge the even part of the heat of gold contacts: half of the power is left in the tip."""
    even_K = 0.5 * (point.dT_pos_K + point.dT_neg_K)
    sigma_K = 0.5 * float(np.hypot(point.sigma_pos_K, point.sigma_neg_K))
    predicted_K = 0.5 * point.thermometer.resistance_K_per_W * point.q_total_W
    numbers = [
        Number("contacts", point.junctions),
        Number(
            "even part of the temperature rise",
            even_K * 1e3,
            "mK",
            f"{predicted_K * 1e3:.3g} within a factor 3",
        ),
        Number("its error", sigma_K * 1e3, "mK"),
        Number("odd part", 0.5 * (point.dT_pos_K - point.dT_neg_K) * 1e3, "mK"),
    ]
    if abs(even_K) < SEEN_SIGMAS * sigma_K:
        return judged(
            numbers,
            doubtful=[
                f"The heat is not seen: {even_K * 1e3:.2g} +- {sigma_K * 1e3:.2g} mK. Repeat the step, with less noise "
                "or a larger amplitude."
            ],
        )
    if even_K < 0:
        return judged(
            numbers,
            [
                "The tip seems to cool when a current flows: the leads of the thermocouple are exchanged, or the "
                "preamplifier inverts. Exchange the leads, or set inverting in [voltage_preamplifier]."
            ],
        )
    if not predicted_K / FACTOR < even_K < predicted_K * FACTOR:
        return judged(
            numbers,
            [
                f"The heat is {even_K / predicted_K:.2g} times the predicted one: gain of the preamplifier, Seebeck "
                "coefficient or thermal resistance of the probe are wrong. Calibrate the thermometer."
            ],
        )
    return judged(numbers)


STEPS = (
    Step(
        16,
        "Direction of the piezo",
        "Raises z by 0.2 nm and back: a tunnelling current must rise by a decade or more.",
        piezo_direction,
        needs=(13,),
        ask="The resistor is removed, sample and probe are connected, and the coarse positioner has brought the tip "
        "so near "
        "that a tunnelling current flows at the resting tip",
        stage=2,
        record="piezo direction",
    ),
    Step(
        17,
        "Sign of the thermometer",
        "Takes gold contacts and modulates them at 30 mV: the even part of the signal must be positive heat, within a "
        "factor of three of the prediction. Needs a gold tip and a gold surface, and a calibrated probe.",
        thermometer_sign,
        needs=(16,),
        ask="Tip and surface are of gold, and the tip is within reach of the piezo",
        stage=2,
        record="thermometer sign",
        takes_s=lambda amounts: 30.0 * amounts.contacts,
    ),
)
