"""A trip of the watchdog holds the rig until somebody has looked at it and clears the trip by name."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.acquisition.watchdog.logbook import note
from app.acquisition.watchdog.rescue import make_safe
from app.acquisition.watchdog.rig_state import (
    ARMED,
    SAFE,
    TRIPPED,
    RigState,
    read_state,
    this_process,
    write_state,
)
from app.config.rig import Rig, load_rig
from app.config.rig_folder import OWNER, rigs_folder, state_path
from drivers.errors import InstrumentFault, NotNow, RigError

BOTH_GONE = "bench and watchdog both ended without making it safe"

SEEN = "seen on the loop-backs"
"""Words of `make_safe` for a rig that was seen to be safe."""

MakeSafe = Callable[[Rig, float], str]


class RigTripped(NotNow):
    """A trip of the watchdog holds the rig; nothing was moved."""


def sentence(rig_file: Path, state: RigState | None) -> str:
    """Return who tripped when and why, and how to clear it."""
    if state is None:
        return "A trip of the watchdog holds the rig."
    when = ""
    with suppress(ValueError):
        when = f" at {datetime.fromisoformat(state.when).astimezone():%Y-%m-%d %H:%M}"
    done = "made the rig safe" if state.safe else "acted, but the rig is NOT SEEN TO BE SAFE,"
    return (
        f"The rig is held: its watchdog {done}{when}, because {state.why or 'the run did not end safely'}. Look at "
        f"the tip and the last recording, then clear it: hotjunction rig clear {rig_file} --by NAME"
    )


def held(rig_file: Path, rig: Rig) -> str:
    """Return the sentence of a trip that holds the rig; "" if none does."""
    state = read_state(state_path(rig_file, rig))
    if state is None or state.state == SAFE or (state.state == ARMED and state.watched):
        return ""
    if state.state == ARMED:
        state = replace(state, state=TRIPPED, why=BOTH_GONE)
    return sentence(rig_file, state)


def require_untripped(rig_file: Path, rig: Rig, safely: MakeSafe = make_safe) -> None:
    """Refuse a rig that is held by a trip; first make one safe that was left armed, or never seen safe.

    Raises
    ------
    RigTripped
    """
    restore(state_path(rig_file, rig), rig, safely)
    if reason := held(rig_file, rig):
        raise RigTripped(reason)


def restore(path: Path, rig: Rig, safely: MakeSafe = make_safe) -> str:
    """Make a rig safe that its bench and its watchdog have left; return what was done, "" if nothing was to do."""
    state = read_state(path)
    if state is None or state.state == SAFE or state.safe or state.watched:
        return ""
    why = state.why or BOTH_GONE
    try:
        done = safely(rig, rig.safe.within_s)
    except RigError as error:
        done = str(error)
    write_state(path, replace(state, state=TRIPPED, why=why, safe=SEEN in done))
    return done


def restore_all() -> Iterator[str]:
    """Make every rig safe that its bench and its watchdog have left; yield a sentence for each."""
    for path in sorted(rigs_folder().glob("*.json")):
        state = read_state(path)
        if path.name.endswith(OWNER) or state is None or state.state == SAFE or not state.rig_file:
            continue
        try:
            done = restore(path, load_rig(Path(state.rig_file)))
        except Exception as error:  # one rig must not keep the next from being made safe
            done = f"NOT SAFE: {error}"
        yield f"{state.rig_file}: {done or 'its watchdog is at work, or has made it safe'}"


def clear(rig_file: Path, rig: Rig, by: str, safely: MakeSafe = make_safe) -> str:
    """Clear a trip: make the rig safe, read it back, and note who did it; return what was done.

    Raises
    ------
    NotNow
        Without a trip, while the watchdog holds the outputs against a bench that has not ended, or if the file of
        the state is another user's.
    InstrumentFault
        If the loop-backs do not show a safe rig: the trip stays.
    RigError
        If the card does not answer: the trip stays.
    """
    path = state_path(rig_file, rig)
    state = read_state(path)
    if state is None or state.state == SAFE:
        raise NotNow("No trip holds this rig: there is nothing to clear")
    if state.watched and state.watchdog is not None:
        bench = state.bench.pid if state.bench else 0
        raise NotNow(
            f"The watchdog (process {state.watchdog.pid}) is still at work: it waits for the end of the bench "
            f"(process {bench}). End that first"
        )
    done = safely(rig, rig.safe.within_s)
    if SEEN not in done:
        raise InstrumentFault(f"The trip stays: {done}. Look at the wires of outputs and loop-backs")
    cleared = RigState(
        SAFE, rig_file=str(rig_file), cleared_by=by, bench=this_process(), why=f"cleared: {state.why}"
    )
    try:
        write_state(path, cleared)
    except OSError as error:
        raise NotNow(
            f"The rig is safe ({done}), but the trip stays: {path} can't be replaced ({error.strerror}). It may belong "
            f"to another user ({state.user or 'unknown'}), who can clear it; let a shared folder be one in which all "
            "may replace files (chmod -t)"
        ) from error
    note(rig_file, f"Trip cleared by {by}: {done}")
    return done
