"""Deaths of programs that hold a bias: killed, suspended, without their watchdog; and how soon the bias is gone."""

import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import psutil

from analysis.commissioning.judgement import Judgement, Number, Verdict, judged
from app import child_process
from app.acquisition.watchdog.latch import clear
from app.acquisition.watchdog.rig_state import SAFE, read_state
from app.acquisition.watchdog.watchdog import ECHO_S
from app.commission.held_bias import GUARDED, HOLDING, LEFT, UNGUARDED
from app.commission.session import MOST_BIAS_V, Session, StepFailed
from app.config.card_channels import daq_inputs, daq_outputs
from app.config.rig import Rig
from app.config.rig_folder import state_path
from drivers.errors import RigError
from drivers.guard import clear_run
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from procedures.errors import Aborted

GONE_V = 5e-3
LOOK_EVERY_S = 0.005
GIVE_UP_S = 60.0
LONGEST_WAIT_S = 0.3
"""Longest time for which a program holds the bias before it is killed."""

STAYS_S = 2.0
"""Time for which a program that goes on after its suspension is watched."""


def every_death(session: Session) -> Judgement:
    """Let programs die in each way, one after the other; return one judgement of all."""
    deaths = [death(session) for death in (killed, suspended, watchdog_killed)]
    late = [remark for death in deaths if death.verdict is Verdict.FAIL for remark in death.remarks]
    return judged((number for death in deaths for number in death.numbers), late)


def killed(session: Session) -> Judgement:
    """Kill programs that hold a bias; time the watchdog by the card's own samples."""
    rig, times_s = session.rig(), []
    rng = np.random.default_rng(session.amounts.kills)
    for _ in range(session.amounts.kills):
        process = victim(session, MOST_BIAS_V, GUARDED)
        threading.Event().wait(float(rng.uniform(0, LONGEST_WAIT_S)))
        began_s = time.perf_counter()
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
    return judged(numbers, _late(worst_s, within_s, "a killed program", "safe.within_s"))


def suspended(session: Session) -> Judgement:
    """Suspend a program that holds the bias, let it go on later, and see that no bias returns."""
    rig = session.rig()
    limit_s = rig.safe.heartbeat_s + rig.safe.within_s
    process = victim(session, MOST_BIAS_V, GUARDED)
    program = psutil.Process(process.pid)
    try:
        took_s = _time_to_no_bias(session, program.suspend)
        with suppress(psutil.Error):
            program.resume()
        back_V = _largest_bias_V(session, STAYS_S)
    finally:
        with suppress(psutil.Error):
            program.resume()
        end(process, GUARDED)
    cleared(session, rig)
    numbers = [
        Number("suspended: time to 0 V", took_s, "s", f"< {limit_s:g}"),
        Number(f"largest bias in {STAYS_S:g} s after the program went on", back_V, "V", f"< {GONE_V:g}"),
    ]
    wrong = [
        *_late(took_s, limit_s, "a suspended program", "safe.heartbeat_s and safe.within_s"),
        *(
            [f"{back_V:.3g} V returned when the program went on: the card did not refuse it. Don't approach."]
            if back_V > GONE_V
            else []
        ),
    ]
    return judged(numbers, wrong)


def watchdog_killed(session: Session) -> Judgement:
    """Kill the watchdog of a program that holds the bias: the program must remove the bias and end."""
    rig = session.rig()
    limit_s = max(ECHO_S, rig.safe.heartbeat_s) + rig.safe.within_s
    process = victim(session, MOST_BIAS_V, GUARDED)
    try:
        watchdogs = psutil.Process(process.pid).children()
        if not watchdogs:
            raise StepFailed("The program that holds a bias has no watchdog: nothing was tested.")

        def kill() -> None:
            for watchdog in watchdogs:
                watchdog.kill()

        took_s = _time_to_no_bias(session, kill)
    finally:
        end(process, GUARDED)
    cleared(session, rig)
    return judged(
        [Number("watchdog killed: time to 0 V", took_s, "s", f"< {limit_s:g}")],
        _late(took_s, limit_s, "a program without its watchdog", "its own checks and safe.within_s"),
    )


def _time_to_no_bias(session: Session, attack: Callable[[], object]) -> float:
    """Attack, and return the seconds until the loop-back shows no bias."""
    began_s = time.perf_counter()
    attack()
    return shown(session.rig(), lambda volts: abs(volts) < GONE_V)[0] - began_s


def _largest_bias_V(session: Session, for_s: float) -> float:
    """Watch the loop-back for some seconds; return the largest bias."""
    until_s, largest = time.perf_counter() + for_s, [0.0]

    def over(volts: float) -> bool:
        largest[0] = max(largest[0], abs(volts))
        return time.perf_counter() > until_s

    shown(session.rig(), over)
    return largest[0]


def _late(took_s: float, limit_s: float, what: str, allowed: str) -> list[str]:
    """Return the sentence for a rig that was too slow to become safe."""
    if took_s < limit_s:
        return []
    return [
        f"The bias of {what} stayed on for {took_s:.2g} s, allowed are {limit_s:g} s ({allowed}). This "
        "computer, or its link to the card, is too slow: do not approach before this is cured."
    ]


def cleared(session: Session, rig: Rig) -> None:
    """Clear a trip that was caused on purpose, once the watchdog has left, and what the victim left on the card.

    A victim that was killed while it closed the card, without its watchdog, leaves tasks there that would refuse the
    session, which owns the rig.

    Raises
    ------
    StepFailed
    """
    give_up_s, why = time.perf_counter() + GIVE_UP_S, ""
    while time.perf_counter() < give_up_s:
        try:
            if _held(session, rig):
                clear(session.rig_file, rig, "commissioning")
            with PXIController(rig.daq.controller, rig.daq.answer_s) as controller:
                clear_run(controller, rig.daq.device)
            return
        except RigError as error:
            why = str(error)
        threading.Event().wait(LOOK_EVERY_S)
    raise StepFailed(f"The trip of the watchdog could not be cleared: {why}")


def _held(session: Session, rig: Rig) -> bool:
    state = read_state(state_path(session.rig_file, rig))
    return state is not None and state.state != SAFE


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
    give_up_s, volts = time.perf_counter() + GIVE_UP_S, float("nan")
    while time.perf_counter() < give_up_s:
        with (
            suppress(RigError),
            PXIController(rig.daq.controller, rig.daq.answer_s) as controller,
            NI6281(controller, rig.daq.device, daq_inputs(rig), daq_outputs(rig), rig.daq.rate_Hz) as daq,
        ):
            while time.perf_counter() < give_up_s:
                volts = daq.glance()["bias"]
                if enough(volts):
                    return time.perf_counter(), volts
                threading.Event().wait(LOOK_EVERY_S)
        threading.Event().wait(LOOK_EVERY_S)
    raise StepFailed(
        f"The bias loop-back still reads {volts:+.3g} V after {GIVE_UP_S:g} s. Remove the bias by hand."
    )
