"""Ghosting of every input behind every input that can be stepped: the bias, the current of the resistor, z."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass

from analysis.commissioning.ghosting import DOUBTFUL, REFUSED, Ghost, Levels, ghost, ghost_matrix
from analysis.commissioning.judgement import Judgement, Number, judged
from app.commission.session import MOST_STEP_NM, Session
from app.commission.settings import quietest
from app.commission.step import Step
from app.config.card_channels import daq_inputs
from app.config.rig import Rig
from app.config.rig_context import current_calibration
from drivers.daqmx.channels import AnalogInput
from drivers.ni6281 import NI6281

RATES_Hz = (2e3, 2e4)
FOLLOWS = 0.3
"""Share from which an input has nothing connected."""

LEVEL_V, MOST_OF_SCALE = 1.0, 0.9
"""Largest level of the bias, and the share of full scale to which the current of the resistor is driven."""

SETTLE_S = 0.02


@dataclass(frozen=True)
class Drive:
    """An output between two levels, V, the inputs that follow it, and by how many volts they step."""

    output: str
    low_V: float
    high_V: float
    steps_V: dict[str, float]


def drives(rig: Rig, resistance_ohm: float) -> list[Drive]:
    """Return what can be stepped: the bias, which drives the current to almost full scale, and z by 5 nm."""
    amplifier, bias = current_calibration(rig), rig.daq.outputs.bias
    per_V = amplifier.gain_V_per_A / (resistance_ohm + amplifier.series_resistance_ohm)
    per_V *= -1.0 if amplifier.inverting else 1.0
    level_V = min(LEVEL_V, bias.max_V, -bias.min_V, MOST_OF_SCALE * amplifier.full_scale_V / abs(per_V))
    z_V = min(
        min(MOST_STEP_NM, rig.safe.step_nm) / rig.piezo.extension_nm_per_V,
        rig.daq.outputs.z.max_V - rig.safe.z_V,
    )
    return [
        Drive("bias", -level_V, level_V, {"bias": 2 * level_V, "current": 2 * level_V * per_V}),
        Drive("z", rig.safe.z_V, rig.safe.z_V + z_V, {"z": z_V}),
    ]


def ghosting(session: Session) -> Judgement:
    """Scan each input behind each that can be stepped, and alone, at both levels."""
    rig, found = session.rig(), []
    with session.open() as (opened, check):
        daq = opened.context.daq
        inputs = _inputs(rig, daq)
        todo = [
            (drive, victim, rate_Hz)
            for drive in drives(rig, session.resistance_ohm)
            for victim in inputs
            for rate_Hz in RATES_Hz
        ]
        for n, (drive, victim, rate_Hz) in enumerate(todo):
            check()
            session.progress(n / len(todo))
            with quietest(opened, rig) if victim.name == "thermocouple" else nullcontext():
                found += list(_ghosts(daq, drive, inputs, victim, rate_Hz, session.amounts.ghost_s))
    return _judged(found, [one.name for one in inputs], {one.name for one in daq_inputs(rig)})


def _inputs(rig: Rig, daq: NI6281) -> list[AnalogInput]:
    """Return all differential inputs of the card: those of the rig by their names, the others by their terminals."""
    wired = list(daq_inputs(rig))
    channels = {one.channel for one in wired}
    free = daq.controller.differential_inputs(daq.device)
    return [*wired, *(AnalogInput(name, name, 10.0) for name in free if name not in channels)]


def _ghosts(
    daq: NI6281,
    drive: Drive,
    inputs: list[AnalogInput],
    victim: AnalogInput,
    rate_Hz: float,
    seconds: float,
) -> Iterator[Ghost]:
    """Yield the ghosts on an input behind each one that the drive steps."""
    sources = [one for one in inputs if one.name in drive.steps_V and one is not victim]
    scans: list[tuple[AnalogInput, ...]] = [(victim,), *((source, victim) for source in sources)]
    read = [_at_both_levels(daq, drive, scan, rate_Hz, seconds) for scan in scans]
    for source, behind in zip(sources, read[1:], strict=True):
        step_V = drive.steps_V[source.name]
        yield ghost(source.name, victim.name, behind, read[0], step_V)


def _at_both_levels(
    daq: NI6281, drive: Drive, channels: tuple[AnalogInput, ...], rate_Hz: float, seconds: float
) -> Levels:
    """Return the samples of the last channel at the levels of a drive."""
    rest_V = 0.0 if drive.output == "bias" else drive.low_V
    read = []
    with daq.scan_of(channels, rate_Hz) as scan:
        try:
            for level_V in (drive.high_V, drive.low_V, drive.low_V, drive.high_V):
                daq.write(**{drive.output: level_V})
                scan.read(round(SETTLE_S * rate_Hz))
                read.append(scan.read(round(seconds / 2 * rate_Hz)).data[-1])
        finally:
            daq.write(**{drive.output: rest_V})
    return Levels(tuple(read), rate_Hz, 2 * channels[-1].range_V / 2**daq.input_bits)


def _judged(found: list[Ghost], inputs: list[str], wired: set[str]) -> Judgement:
    unused = {one.terminal for one in found if one.share > FOLLOWS} - wired
    judged_ones = [one for one in found if one.terminal not in unused]
    numbers = []
    for rate_Hz in RATES_Hz:
        worst = max((one for one in judged_ones if one.rate_Hz == rate_Hz), key=lambda one: one.certain)
        what = f"largest ghost at {rate_Hz / 1e3:g} kS/s: {worst.terminal} behind {worst.source}"
        numbers += [
            Number(what, worst.share, "of the step", f"< {REFUSED:g}"),
            Number("its error", worst.error),
        ]
    sources = {one.source for one in found}
    still = [name for name in inputs if name not in sources]
    remarks = [f"Not stepped, so nothing is known behind them: {', '.join(still)}."]
    if unused:
        named = ", ".join(name for name in inputs if name in unused)
        remarks.insert(0, f"Nothing is connected to {named}: they follow the input before.")
    wrong = [one for one in judged_ones if one.exceeds(REFUSED)]
    doubtful = [one for one in judged_ones if one.exceeds(DOUBTFUL) and one not in wrong]
    matrices = [ghost_matrix(found, inputs, rate_Hz) for rate_Hz in RATES_Hz]
    return judged(numbers, _said(wrong), _said(doubtful), remarks, matrices)


def _said(ghosts: list[Ghost]) -> list[str]:
    """Return one sentence for all ghosts beyond a limit."""
    if not ghosts:
        return []
    worst = max(ghosts, key=lambda one: abs(one.share))
    names = ", ".join(dict.fromkeys(one.terminal for one in ghosts))
    return [
        f"{names}: up to {worst.share:.1e} of the step of the input scanned before stays ({worst.terminal} behind "
        f"{worst.source} at {worst.rate_Hz / 1e3:g} kS/s per input; limit {REFUSED:g}). The source has a high "
        "impedance, or nothing is connected. Check the cable, use a lower rate, or scan a grounded input before it."
    ]


STEPS = (
    Step(
        5,
        "Ghosting",
        "Scans every input behind the bias, the current of the resistor and z at 2 and 20 kS/s while they step, and "
        "alone: the difference is what the multiplexer keeps of the input before.",
        ghosting,
        needs=(4,),
        record="ghosting",
        takes_s=lambda amounts: 150 * amounts.ghost_s + 25,
    ),
)
