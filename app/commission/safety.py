"""Steps on the ends of programs: what the outputs do, and how soon the watchdog removes a bias."""

import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import numpy as np

from analysis.commissioning.judgement import Judgement, Number, judged
from app import child_process
from app.acquisition.card_channels import daq_inputs, daq_outputs
from app.acquisition.watchdog import make_safe
from app.acquisition.watchdog.latch import clear
from app.acquisition.watchdog.rig_state import SAFE, read_state
from app.commission.held_bias import GUARDED, HOLDING, LEFT, UNGUARDED
from app.commission.session import MOST_BIAS_V, Session, StepFailed
from app.commission.step import Step
from app.config.rig import Rig
from app.config.rig_folder import state_path
from drivers.errors import RigError
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from procedures.errors import Aborted

GONE_V = 5e-3
HELD_V = 0.05
LOOK_EVERY_S = 0.005
GIVE_UP_S = 60.0
LONGEST_WAIT_S = 0.3
"""Longest time for which a program holds the bias before it is killed."""


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
    after_V = _after_reset(session)
    numbers.append(Number(f"bias {HELD_V:g} V after a reset of the card", after_V, "V", "0"))
    fate = (
        "hold their values" if all(holds) else "go to 0 V" if not any(holds) else "differ by the way it ends"
    )
    wrong = (
        [
            f"The bias loop-back reads {after_V:+.3g} V after a reset of the card, expected 0 V: the watchdog resets "
            "the card to free outputs of a dead program. Compare the card's power-up states in NI MAX with 0 V."
        ]
        if abs(after_V) > GONE_V
        else []
    )
    remarks = [f"When a program ends, the outputs {fate}: only the watchdog makes the rig safe."]
    return judged(numbers, wrong, remarks=remarks)


def _after_reset(session: Session) -> float:
    """Apply a bias, reset the card, and return the bias that it then shows, V."""
    rig = session.rig()
    with session.open() as (opened, check):
        check()
        opened.context.daq.write(bias=HELD_V)
        opened.context.daq.controller.reset(rig.daq.device)
        return shown_bias(rig)


def killed(session: Session) -> Judgement:
    """Kill programs that hold a bias; time the watchdog by the card's own samples."""
    rig, times_s = session.rig(), []
    rng = np.random.default_rng(session.amounts.kills)
    for _ in range(session.amounts.kills):
        process = victim(session, MOST_BIAS_V, GUARDED)
        threading.Event().wait(float(rng.uniform(0, LONGEST_WAIT_S)))
        began_s = time.monotonic()
        end(process, GUARDED)
        times_s.append(shown(rig, lambda volts: abs(volts) < GONE_V)[0] - began_s)
        cleared(session, rig)
    within_s = rig.safe.within_s
    worst_s = max(times_s)
    numbers = [
        Number("programs killed", len(times_s)),
        Number("time to 0 V, median", float(np.median(times_s)), "s"),
        Number("time to 0 V, worst", worst_s, "s", f"< {within_s:g}"),
    ]
    remarks = ["A suspended program is noticed after safe.heartbeat_s: `hotjunction drill` tries that."]
    if worst_s < within_s:
        return judged(numbers, remarks=remarks)
    return judged(
        numbers,
        [
            f"The watchdog took {worst_s:.2g} s to remove the bias of a killed program, safe.within_s is "
            f"{within_s:g} s: "
            "this computer or its link to the card is too slow. Do not approach before this is cured."
        ],
        remarks=remarks,
    )


def cleared(session: Session, rig: Rig) -> None:
    """Clear a trip that was caused on purpose, once the watchdog has left. Raises ``StepFailed``."""
    give_up_s, why = time.monotonic() + GIVE_UP_S, ""
    path = state_path(session.rig_file, rig)
    while time.monotonic() < give_up_s:
        state = read_state(path)
        if state is None or state.state == SAFE:
            return
        try:
            clear(session.rig_file, rig, "commissioning")
            return
        except RigError as error:
            why = str(error)
        threading.Event().wait(LOOK_EVERY_S)
    raise StepFailed(f"The trip of the watchdog could not be cleared: {why}")


def victim(session: Session, bias_V: float, mode: str) -> "subprocess.Popen[bytes]":
    """Start a program that holds a bias; return once it does."""
    if session.stop.is_set():
        raise Aborted
    process = child_process.start(
        "app.commission.held_bias",
        str(session.rig_file.absolute()),
        str(bias_V),
        mode,
        stdin=subprocess.DEVNULL,
    )
    if child_process.next_line(process, "program that holds a bias") != HOLDING:
        end(process, UNGUARDED)
        raise StepFailed("The program that should hold a bias did not start; nothing was tested.")
    return process


def end(process: "subprocess.Popen[bytes]", mode: str) -> None:
    """Kill a program, or wait for the end of one that ends without help."""
    if mode != LEFT:
        process.kill()
    process.wait(GIVE_UP_S)
    if process.stdout is not None:
        process.stdout.close()


def shown_bias(rig: Rig) -> float:
    """Read the bias loop-back over a new connection, V. Raises ``RigError``."""
    with (
        PXIController(rig.daq.controller, rig.daq.answer_s) as controller,
        NI6281(controller, rig.daq.device, daq_inputs(rig), daq_outputs(rig), rig.daq.rate_Hz) as daq,
    ):
        return daq.glance()["bias"]


def shown(rig: Rig, enough: Callable[[float], bool]) -> tuple[float, float]:
    """Read the bias loop-back over a new connection until it is as wanted; return the moment and the volts.

    Raises
    ------
    StepFailed
        If it does not become so.
    """
    give_up_s, volts = time.monotonic() + GIVE_UP_S, float("nan")
    while time.monotonic() < give_up_s:
        with (
            suppress(RigError),
            PXIController(rig.daq.controller, rig.daq.answer_s) as controller,
            NI6281(controller, rig.daq.device, daq_inputs(rig), daq_outputs(rig), rig.daq.rate_Hz) as daq,
        ):
            while time.monotonic() < give_up_s:
                volts = daq.glance()["bias"]
                if enough(volts):
                    return time.monotonic(), volts
                threading.Event().wait(LOOK_EVERY_S)
        threading.Event().wait(LOOK_EVERY_S)
    raise StepFailed(
        f"The bias loop-back still reads {volts:+.3g} V after {GIVE_UP_S:g} s. Remove the bias by hand."
    )


STEPS = (
    Step(
        12,
        "Outputs at the end of a program",
        "Lets a program that holds 0.05 V end without making the rig safe, once of its own accord and once killed, "
        "and reads the "
        "loop-back.",
        at_the_end,
        needs=(4,),
        record="outputs at the end",
        takes_s=lambda amounts: 12.0,
    ),
    Step(
        13,
        "Watchdog",
        "Kills programs that hold 0.1 V on the resistor, and times how soon the watchdog has removed it.",
        killed,
        needs=(4,),
        record="watchdog",
        takes_s=lambda amounts: 6.0 * amounts.kills,
        valid_for=timedelta(hours=24),
    ),
)
