"""Steps on the ends of programs: what the outputs do, and how soon the watchdog removes a bias."""

from datetime import timedelta

from analysis.commissioning.judgement import Judgement, Number, judged
from app.acquisition.watchdog import make_safe
from app.commission.deaths import GONE_V, end, every_death, shown, shown_bias, victim
from app.commission.held_bias import LEFT, UNGUARDED
from app.commission.session import Session
from app.commission.step import Step

HELD_V = 0.05


def at_the_end(session: Session) -> Judgement:
    """Let programs end without making the rig safe, and look at what their outputs hold."""
    rig, numbers = session.rig(), []
    for mode, what in ((LEFT, "closes the card"), (UNGUARDED, "is killed")):
        process = victim(session, HELD_V, mode)
        end(process, mode)
        shown_V = shown(rig, lambda volts: True)[1]
        make_safe(rig, rig.safe.within_s)
        numbers.append(Number(f"bias {HELD_V:g} V after its program {what}", shown_V, "V"))
    holds = [abs(one.value - HELD_V) < GONE_V for one in numbers]
    fate = (
        "hold their values" if all(holds) else "go to 0 V" if not any(holds) else "differ by the way it ends"
    )
    remarks = [f"When a program ends, the outputs {fate}: only the watchdog makes the rig safe."]
    if rig.safe.z_V:
        remarks.append(
            f"A reset of the card was not tried: it takes z from its safe {rig.safe.z_V:g} V through 0 V, toward the "
            "sample. It is the watchdog's last resort."
        )
        return judged(numbers, [], remarks=remarks)
    after_V = _bias_after_reset_V(session)
    numbers.append(Number(f"bias {HELD_V:g} V after a reset of the card", after_V, "V", "0"))
    wrong = (
        [
            f"The bias loop-back reads {after_V:+.3g} V after a reset of the card, expected 0 V: the watchdog resets "
            "the card to free outputs of a dead program. Compare the card's power-up states in NI MAX with 0 V."
        ]
        if abs(after_V) > GONE_V
        else []
    )
    return judged(numbers, wrong, remarks=remarks)


def _bias_after_reset_V(session: Session) -> float:
    """Apply a bias, reset the card, and return the bias that it then shows."""
    rig = session.rig()
    with session.open() as (opened, check):
        check()
        opened.context.daq.write(bias=HELD_V)
        opened.context.daq.controller.reset(rig.daq.device)
        return shown_bias(rig)


STEPS = (
    Step(
        12,
        "Outputs at the end of a program",
        "Lets a program that holds 0.05 V end without making the rig safe, once of its own accord and once killed, "
        "and reads the loop-back.",
        at_the_end,
        needs=(4,),
        record="outputs at the end",
        takes_s=lambda amounts: 12.0,
    ),
    Step(
        13,
        "Watchdog",
        "Kills programs that hold 0.1 V on the resistor, suspends one, and kills the watchdog of one; times how soon "
        "the bias is gone.",
        every_death,
        needs=(4,),
        record="watchdog",
        takes_s=lambda amounts: 6.0 * amounts.kills + 20.0,
        valid_for=timedelta(hours=24),
    ),
)
