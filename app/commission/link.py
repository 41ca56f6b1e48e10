"""Step on broken links: the card, or the current amplifier, is gone while a bias is on."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from analysis.commissioning.judgement import Judgement, Number, judged
from analysis.records import Block
from app.acquisition.watchdog import make_safe
from app.commission.deaths import GONE_V, cleared, shown_bias
from app.commission.hands import Act, Operator
from app.commission.session import MOST_BIAS_V, Session, StepFailed
from app.commission.step import Step
from app.config.amplifiers import CURRENT_AMPLIFIER, model_of
from app.config.rig import Rig
from drivers.amplifier import Provenance
from drivers.errors import RigError
from procedures.commissioning.stops import Stops

WITHIN_S = 30.0
"""Time in which the hand acts, after it was asked."""

CARD, AMPLIFIER = "card", CURRENT_AMPLIFIER
SPEED_nm_per_s = 10.0
STOP_S = 0.6
"""Time of one ramp and its rest: the amplifier is asked before each."""

SAFE_AGAIN_S = 15.0


def acts(rig: Rig) -> list[Act]:
    """Return what a hand has to do; a current amplifier that can't answer is not switched off."""
    product = model_of(rig, CURRENT_AMPLIFIER).driver.product
    found = [
        Act(
            CARD,
            f"You will pull the cable to the card, or that of its controller, within {WITHIN_S:g} s after this "
            "answer, and leave it",
            "The cable is plugged in again",
        )
    ]
    if model_of(rig, CURRENT_AMPLIFIER).driver.provenance is Provenance.READ:
        found.append(
            Act(
                AMPLIFIER,
                f"You will switch off the {product}, or its gateway, within {WITHIN_S:g} s after this answer",
                f"The {product} and its gateway are on again",
            )
        )
    return found


def link(session: Session) -> Judgement:
    """Let a hand break each link; see `broken_links`."""
    return broken_links(session, acts(session.rig()))


def broken_links(session: Session, todo: Sequence[Act]) -> Judgement:
    """Let a hand break links while 0.1 V is on; look at how the run ends, and at the bias afterwards."""
    numbers: list[Number] = []
    wrong: list[str] = []
    remarks = ["A full disk was not tried: the run then ends as a fault, and names the disk."]
    rig, operator = session.rig(), session.operator
    for act in todo:
        if operator is None or not operator.prepare(act):
            remarks.append(f"Not tried: {act.name.replace('_', ' ')} gone.")
            continue
        reason, status = _broken(session, rig, act, operator)
        if not operator.undo(act):
            raise StepFailed(f"Not confirmed: {act.undo}. The rig may not be safe: look at its bias.")
        bias_V, took_s = _afterwards(rig)
        cleared(session, rig)
        what = f"{act.name.replace('_', ' ')} gone"
        numbers.append(Number(f"{what}: bias afterwards", bias_V, "V", f"< {GONE_V:g}"))
        numbers.append(Number(f"{what}: time from its return to 0 V", took_s, "s"))
        if status != "fault":
            wrong.append(f"The run went on although the {what.replace(' gone', '')} was gone: was it?")
        else:
            remarks.append(f"{what[0].upper()}{what[1:]}: the run ended. {reason}")
        if abs(bias_V) > GONE_V:
            wrong.append(
                f"{bias_V:+.3g} V stayed on {SAFE_AGAIN_S:g} s after the {what.replace(' gone', '')} was back: the "
                "watchdog did not remove it. Don't approach with this rig."
            )
            make_safe(rig, rig.safe.within_s)
    return judged(numbers, wrong, remarks=remarks)


def _broken(session: Session, rig: Rig, act: Act, operator: Operator) -> tuple[str, str]:
    """Run ramps with the bias on until the link breaks; return why and how the run ended."""
    bias_V = min(MOST_BIAS_V, rig.daq.outputs.bias.max_V)
    procedure = Stops.from_values(
        {
            "stops": round(WITHIN_S / STOP_S),
            "trips": 0,
            "amplitude": bias_V,
            "speed": SPEED_nm_per_s,
        }
    )
    procedure.resistor = True
    acted = threading.Event()
    watch = session.watch

    def on_block(block: Block) -> None:
        watch(block)
        if not acted.is_set() and block.stop > rig.daq.rate_Hz * STOP_S:
            acted.set()
            operator.now(act)

    session.watch = on_block
    try:
        _, end = session.run(f"15-{act.name.replace('_', '-')}-gone", procedure, rig)
        return end.reason, end.status
    except RigError as error:
        return str(error), "fault"
    finally:
        session.watch = watch


def _afterwards(rig: Rig) -> tuple[float, float]:
    """Wait until the watchdog has removed the bias of a rig that is back; return the bias and the time."""
    began_s, volts = time.perf_counter(), float("nan")
    while time.perf_counter() < began_s + SAFE_AGAIN_S:
        with suppress(RigError):
            volts = shown_bias(rig)
            if abs(volts) < GONE_V:
                break
        threading.Event().wait(0.05)
    return volts, time.perf_counter() - began_s


STEPS = (
    Step(
        15,
        "Link",
        "With 0.1 V on the resistor you pull the cable to the card, then switch off the current amplifier: each time "
        "the run must end, name the cause, and leave no bias.",
        link,
        needs=(13,),
        record="link",
        takes_s=lambda amounts: 2 * WITHIN_S,
    ),
)
