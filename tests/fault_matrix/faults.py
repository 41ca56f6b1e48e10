"""The faults of the matrix: the effect of each on the rig, the disk or the programs, and how a run may end."""

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulators.parameters import STANDARD_CARD
from simulators.rig.faults import (
    AmplifierOutput,
    ConnectionLost,
    DeviceLost,
    DroppedReads,
    Fault,
    FifoOverflow,
    FormContact,
    InstrumentSilent,
    LoopBack,
    OutputStuck,
    OutputUnderflow,
    Overload,
    Overrun,
    PanelPress,
    ReadsPause,
    Rupture,
    Stall,
)

if TYPE_CHECKING:
    from tests.fault_matrix.scene import Scene

FINISHED, FAULT, ABORTED, ERROR = "finished", "fault", "aborted", "error"
ANY = frozenset({FINISHED, FAULT})
"""Ends of a run that may not notice a fault, if it comes where it does no harm."""

ENDS = frozenset({FAULT})
NM = 1e-9

Strike = Callable[["Scene", int], None]
"""Let a fault happen at a sample."""


@dataclass(frozen=True)
class MatrixFault:
    """One fault.

    Parameters
    ----------
    kind : str
        Family: wire, instrument, card, junction, disk, clock, memory, process or asleep.
    strike : callable
    ends : frozenset of str
        Ways in which a run may end.
    takes_outputs : bool
        True if no program can make the rig safe while the fault lasts; the run must then say NOT SAFE.
    loses_samples : bool
        True if samples after it are lost.
    card : str
        Card of the rig.
    """

    kind: str
    strike: Strike
    ends: frozenset[str] = ANY
    takes_outputs: bool = False
    loses_samples: bool = False
    card: str = STANDARD_CARD


def _rig(make: Callable[[int], Fault]) -> Strike:
    """Return a strike that adds a fault to the simulated rig."""
    return lambda scene, at: scene.rig.simulated.faults.add(make(scene.card_sample(at)))


def _press(words: str) -> MatrixFault:
    return MatrixFault("instrument", _rig(lambda at: PanelPress(at, words)))


def _from_read(action: Callable[["Scene"], None]) -> Strike:
    """Return a strike that acts on the program when it reads the sample."""
    return lambda scene, at: scene.at_sample(at, lambda: action(scene))


def _raise(error: BaseException) -> Callable[["Scene"], None]:
    def action(scene: "Scene") -> None:
        raise error

    return action


def _railed(signal: str, factor: float) -> Strike:
    """Return a strike that takes the output of an amplifier to its rail, whatever it measures."""
    return _rig(lambda at: AmplifierOutput(at, signal, factor))


def _on_other_cards(faults: Mapping[str, MatrixFault]) -> dict[str, MatrixFault]:
    """Return the faults of a card, and railed inputs, on other cards."""
    return {
        f"{name}, {card}": replace(fault, kind="other card", card=card)
        for card in OTHER_CARDS
        for name, fault in faults.items()
        if fault.kind == "card" or name.startswith(RAILED)
    }


def _surface_away(scene: "Scene") -> None:
    with scene.rig.simulated.bench.lock:
        scene.rig.simulated.bench.world.move_coarse(-60 * NM)


RAILING = 1e7
"""Factor that takes the offset of an amplifier to its rail."""

RAILED = "current input at", "thermocouple input railed"
OTHER_CARDS = "PCIe-6363", "PXI-4461"

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
BROKEN = OSError(errno.EIO, "Input/output error")

_ON_THE_6281: Mapping[str, MatrixFault] = {
    # wires
    "bias loop-back off": MatrixFault("wire", _rig(lambda at: LoopBack(at, "bias", 0.0))),
    "z loop-back off": MatrixFault("wire", _rig(lambda at: LoopBack(at, "z", 0.0))),
    "bias loop-back reversed": MatrixFault("wire", _rig(lambda at: LoopBack(at, "bias", -1.0))),
    "current cable off": MatrixFault("wire", _rig(lambda at: AmplifierOutput(at, "current", 0.0))),
    "current reversed": MatrixFault("wire", _rig(lambda at: AmplifierOutput(at, "current", -1.0))),
    "thermocouple off": MatrixFault("wire", _rig(lambda at: AmplifierOutput(at, "thermocouple", 0.0))),
    # instruments
    "current amplifier silent": MatrixFault(
        "instrument", _rig(lambda at: InstrumentSilent(at, "current_amplifier"))
    ),
    "preamplifier silent": MatrixFault(
        "instrument", _rig(lambda at: InstrumentSilent(at, "voltage_preamplifier"))
    ),
    "FILTER pressed": _press("P0X"),
    "SUPPRESS pressed": _press("N1X"),
    "gain changed": _press("R7X"),
    "current input at +10 V": MatrixFault("instrument", _railed("current", RAILING)),
    "current input at -10 V": MatrixFault("instrument", _railed("current", -RAILING)),
    "thermocouple input railed": MatrixFault("instrument", _railed("thermocouple", RAILING)),
    "ZERO CHECK pressed": _press("C1X"),
    # card
    "bias output stuck": MatrixFault("card", _rig(lambda at: OutputStuck(at, "bias")), takes_outputs=True),
    "z output stuck": MatrixFault("card", _rig(lambda at: OutputStuck(at, "z")), takes_outputs=True),
    "a read dropped": MatrixFault("card", _rig(lambda at: DroppedReads(at))),
    "buffer overrun": MatrixFault("card", _rig(lambda at: Overrun(at)), ANY, loses_samples=True),
    "FIFO overflow": MatrixFault("card", _rig(lambda at: FifoOverflow(at)), ANY, loses_samples=True),
    "waveform underrun": MatrixFault("card", _rig(lambda at: OutputUnderflow(at))),
    "card lost": MatrixFault("card", _rig(lambda at: DeviceLost(at)), ENDS, takes_outputs=True),
    "link lost": MatrixFault("card", _rig(lambda at: ConnectionLost(at)), ENDS, takes_outputs=True),
    # junction
    "short of 1 G0": MatrixFault("junction", _rig(lambda at: FormContact(at))),
    "short of 50 G0": MatrixFault("junction", _rig(lambda at: FormContact(at, 50.0))),
    "rupture": MatrixFault("junction", _rig(lambda at: Rupture(at))),
    "stray current": MatrixFault("junction", _rig(lambda at: Overload(at))),
    "surface away": MatrixFault("junction", _from_read(_surface_away)),
    # disk
    "disk full": MatrixFault(
        "disk", _from_read(lambda scene: scene.disk_fails(NO_SPACE)), frozenset({ERROR})
    ),
    "disk broken": MatrixFault(
        "disk", _from_read(lambda scene: scene.disk_fails(BROKEN)), frozenset({ERROR})
    ),
    "recording deleted": MatrixFault(
        "disk", _from_read(lambda scene: scene.log.unlink()), frozenset({ERROR})
    ),
    "recording cut": MatrixFault("disk", _from_read(lambda scene: scene.cut_log()), frozenset({ERROR})),
    "disk hangs": MatrixFault(
        "disk", _from_read(lambda scene: scene.disk_hangs()), frozenset({ERROR, FINISHED})
    ),
    # clock
    "sample clock stops": MatrixFault("clock", _rig(lambda at: Stall(at)), ENDS, loses_samples=True),
    "time of day jumps": MatrixFault(
        "clock", _from_read(lambda scene: scene.time_of_day_jumps(-3600.0)), frozenset({FINISHED})
    ),
    "computer's clock jumps": MatrixFault(
        "clock", _from_read(lambda scene: scene.clock_jumps(60.0)), frozenset({FINISHED})
    ),
    # memory
    "no memory for samples": MatrixFault("memory", _from_read(_raise(MemoryError())), frozenset({ERROR})),
    "no memory for recording": MatrixFault(
        "memory", _from_read(lambda scene: scene.disk_fails(MemoryError())), frozenset({ERROR})
    ),
    "no memory for traces": MatrixFault(
        "memory", _from_read(lambda scene: scene.reducers_fail(MemoryError())), frozenset({FINISHED})
    ),
    # process
    "bench killed": MatrixFault(
        "process", _from_read(lambda scene: scene.bench_killed()), frozenset({ERROR})
    ),
    "watchdog killed": MatrixFault("process", _from_read(lambda scene: scene.watchdog_dies()), ENDS),
    "watchdog asked to end": MatrixFault("process", _from_read(lambda scene: scene.watchdog_trips()), ENDS),
    "stopped by the user": MatrixFault(
        "process", _from_read(lambda scene: scene.bench.stop()), frozenset({ABORTED, FINISHED})
    ),
    "retracted by the user": MatrixFault(
        "process", _from_read(lambda scene: scene.retracted()), frozenset({ABORTED, FINISHED})
    ),
    # machine asleep
    "bench suspended": MatrixFault("asleep", _from_read(lambda scene: scene.bench_suspended()), ENDS),
    "computer away for 2 s": MatrixFault("asleep", _rig(lambda at: ReadsPause(at, 2.0))),
    "computer away for 60 s": MatrixFault(
        "asleep", _rig(lambda at: ReadsPause(at, 60.0)), loses_samples=True
    ),
}
FAULTS: Mapping[str, MatrixFault] = {**_ON_THE_6281, **_on_other_cards(_ON_THE_6281)}
"""By name. A run may end as `FINISHED` where it ends before it can notice, as in its last step."""
