"""Stage 2, with a surface: direction of the piezo, sign of the thermometer."""

import numpy as np

from analysis.commissioning.direction import RATIO, direction
from analysis.commissioning.judgement import Judgement, Number, judged
from analysis.recording import Recording
from app.calibration.result import spans_of
from app.commission.session import Session
from app.commission.step import Step
from procedures.commissioning.direction import RAISED, REST, Direction


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
        return judged(
            numbers,
            [
                "The current falls when z rises: the contact is at falling z. The piezo is reversed: exchange the "
                "leads of "
                "its driver. The rig file has no key for it, because extension must grow with the volts."
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
        "By hand: take ten gold contacts with `hotjunction run control-gold` at 30 mV. The even part of the signal "
        "must be "
        "positive heat, within a factor of three of the prediction.",
        None,
        needs=(16,),
        stage=2,
    ),
)
