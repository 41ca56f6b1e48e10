"""Session at a rig: opens it within narrow limits, records, and keeps what the steps share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from analysis.recording import Recording
from analysis.records import Block
from app.acquisition.attended import attended
from app.acquisition.bench import Bench, Observer
from app.acquisition.open_rig import BY_ADDRESS, OpenRig, Wires
from app.acquisition.run_checks import duration_s
from app.calibration import ANALYSES, CalibrationResult, PreviousCalibration
from app.commission.amounts import FULL, Amounts
from app.commission.hands import Operator
from app.config.calibrated_rig import load_calibrated_rig
from app.config.calibration_store import store_of
from app.config.rig import Rig
from procedures.errors import Aborted
from procedures.procedure import RigProcedure
from procedures.runner import RunEnd

MOST_BIAS_V = 0.1
"""Largest bias until sign and gain of the current are proved."""

MOST_STEP_NM = 5.0
"""Largest distance of the tip from its safe place."""

CHAIN, WATCHDOG = 4, 13
"""Steps that prove sign and gain, and the watchdog."""


class StepFailed(Exception):
    """A step could not be measured, for a reason in words."""


class NotSafe(Exception):
    """The rig is not confirmed safe: the session must end."""


@dataclass
class Session:
    """A commissioning at work.

    Parameters
    ----------
    rig_file, folder : Path
        The rig, and the folder of recordings, state and report.
    resistance_ohm : float
        Resistor in place of the junction.
    amounts : Amounts
    wires : Wires
    stop : Event
        Set from anywhere, ends the present step safely.
    proved : callable
        True once a step has passed.
    progress : callable
        Gets the share of the present step that is done.
    watch : callable
        Gets the samples while a step records.
    operator : Operator
        Does what only a hand can do; None: the user, who is asked.
    faults : tuple of str
        Faults of a simulated rig: with other ones it is another rig.
    """

    rig_file: Path
    folder: Path
    resistance_ohm: float
    amounts: Amounts = FULL
    wires: Wires = BY_ADDRESS
    stop: threading.Event = field(default_factory=threading.Event)
    proved: Callable[[int], bool] = lambda step: False
    progress: Callable[[float], None] = lambda share: None
    watch: Callable[[Block], None] = lambda block: None
    operator: Operator | None = None
    faults: tuple[str, ...] = ()
    recordings: list[str] = field(default_factory=list)
    """Recordings of the present step."""

    card: int = 0
    """Serial number of the card, once it was asked."""

    def rig(self, rate_Hz: float | None = None) -> Rig:
        """Return the calibrated rig with halved limits: 0.1 V until the chain is proved, z within 5 nm of safe."""
        rig = load_calibrated_rig(self.rig_file)
        return limited(rig, float("inf") if self.proved(CHAIN) else MOST_BIAS_V, rate_Hz)

    def whole_rig(self) -> Rig:
        """Return the calibrated rig with the whole range of z and a bias of 0.1 V, for steps with a surface.

        Raises
        ------
        StepFailed
            If the watchdog was not tested: nothing may approach.
        """
        if not self.proved(WATCHDOG):
            raise StepFailed(
                f"Step {WATCHDOG} has not passed: nothing may approach without a tested watchdog."
            )
        rig = load_calibrated_rig(self.rig_file)
        return rig.model_copy(update={"daq": limited(rig, MOST_BIAS_V, z_limited=False).daq})

    @contextmanager
    def open(self) -> Iterator[tuple[OpenRig, Callable[[], None]]]:
        """Open the rig under a watchdog, without recording; yield it with a check for a stop and for the watchdog."""
        with attended(self.rig_file, self.rig(), self.wires) as (opened, lives):

            def check() -> None:
                lives()
                if self.stop.is_set():
                    raise Aborted

            yield opened, check

    def record(self, name: str, procedure: RigProcedure, rate_Hz: float | None = None) -> Path:
        """Run a procedure on the resistor and return its recording. Raises as `finished`."""
        procedure.resistor = True  # in place of the junction, whatever the procedure is usually for
        return self.finished(name, procedure, self.rig(rate_Hz))

    def finished(self, name: str, procedure: RigProcedure, rig: Rig) -> Path:
        """Run a procedure to its end and return its recording.

        Raises
        ------
        StepFailed
            If the run ended by a fault; the rig is safe.
        NotSafe
        Aborted
            If the user stopped it.
        """
        out, end = self.run(name, procedure, rig)
        if not end.safe:
            raise NotSafe(end.reason)
        if end.status == "aborted":
            raise Aborted
        if end.status != "finished":
            raise StepFailed(end.reason)
        return out

    def run(self, name: str, procedure: RigProcedure, rig: Rig) -> tuple[Path, RunEnd]:
        """Run a procedure; return its recording and how it ended."""
        out = _free(self.folder, name)
        bench = Bench(self.rig_file, self.stop, rig, wires=self.wires)
        observer = Observer(on_block=self._watched(duration_s(procedure, rig) * rig.daq.rate_Hz))
        self.folder.mkdir(parents=True, exist_ok=True)
        sample = f"{self.resistance_ohm:g} ohm" if procedure.resistor else ""
        end = bench.run(procedure, out, observer=observer, sample=sample, notes="commissioning").end
        self.recordings.append(out.name)
        return out, end

    def _watched(self, samples: float) -> Callable[[Block], None]:
        """Return a callback for the blocks of a recording of this expected length."""

        def on_block(block: Block) -> None:
            self.watch(block)
            if samples > 0:
                self.progress(min(block.stop / samples, 1.0))

        return on_block

    def calibrate(self, kind: str, name: str, procedure: RigProcedure) -> tuple[CalibrationResult, Path]:
        """Record and evaluate a calibration; save its result."""
        out = self.record(name, procedure)
        rig = self.rig()
        store = store_of(self.rig_file, rig)
        values = {key: getattr(procedure, key) for key in procedure.parameter_objects()}
        with Recording(out) as recording:
            found = ANALYSES[kind](recording, values, PreviousCalibration(rig, store))
        return found, out

    def keep(self, found: CalibrationResult) -> None:
        """Save a calibration for later runs."""
        store_of(self.rig_file, self.rig()).save(found.record)


def limited(rig: Rig, most_bias_V: float, rate_Hz: float | None = None, *, z_limited: bool = True) -> Rig:
    """Return a rig with halved limits of the bias, at most ``most_bias_V``, and z within 5 nm of the safe place."""
    most_z_V = rig.safe.z_V + MOST_STEP_NM / rig.piezo.extension_nm_per_V if z_limited else float("inf")
    bias, z, daq = rig.daq.outputs.bias, rig.daq.outputs.z, rig.daq
    outputs = daq.outputs.model_copy(
        update={
            "bias": bias.model_copy(
                update={"min_V": max(bias.min_V / 2, -most_bias_V), "max_V": min(bias.max_V / 2, most_bias_V)}
            ),
            "z": z.model_copy(update={"max_V": min(z.max_V, most_z_V)}),
        }
    )
    changed = {"outputs": outputs, **({"rate_Hz": rate_Hz} if rate_Hz else {})}
    return rig.model_copy(update={"daq": daq.model_copy(update=changed)})


def _free(folder: Path, name: str) -> Path:
    """Return an unused file name of a recording."""
    path, number = folder / f"{name}.h5", 2
    while path.exists():
        path, number = folder / f"{name}-{number}.h5", number + 1
    return path
