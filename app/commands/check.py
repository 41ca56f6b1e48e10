"""`hotjunction check`: what answers on a rig, what it says, and what to do about what does not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.json_data import to_json
from app.console.errors import Command

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from app.acquisition.limits_in_force import Limit
    from app.config.calibration_store import CalibrationStore
    from app.config.rig import Rig
    from drivers.pxi import PXIController
    from procedures.preflight.proof import Proof

WIDTH_WITHOUT_TERMINAL = 140

INVERTS = "inverting, as the rig file states"


@dataclass(frozen=True)
class Finding:
    """One line of the check-up.

    ``answers`` is None where the instrument has no way to answer; ``said`` is its identity and state;
    ``advice`` is empty when nothing needs doing.
    """

    instrument: str
    address: str
    answers: bool | None
    said: str
    advice: str = ""


@click.command(cls=Command)
@click.argument(
    "rig_file", metavar="[RIG]", type=click.Path(dir_okay=False, path_type=Path), default=Path("rig.toml")
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option(
    "--prove",
    is_flag=True,
    help="Prove the rig as before a run: bias within 0.1 V, z within 5 nm, amplifiers set as in the rig file.",
)
def command(rig_file: Path, as_json: bool, prove: bool) -> None:
    """Connect to each instrument of RIG (a rig file, rig.toml if not given) and say what answers.

    Reads identity and state only, unless --prove is given: no output is written, nothing is cleared, zero check and
    gains stay. Ends with 1 if an instrument does not answer, or the proof fails.
    """
    from app.acquisition.limits_in_force import limits_in_force
    from app.acquisition.owner import RigOwned
    from app.acquisition.ownership import owned
    from app.acquisition.run_checks import resolved
    from app.config.calibrated_rig import load_calibrated_rig
    from app.config.calibration_store import store_of
    from app.config.toml import FileError

    rig = load_calibrated_rig(rig_file)
    store = store_of(rig_file, rig)
    cards: dict[str, int] = {}
    limits, errors = list(limits_in_force(rig)), list(resolved(rig))
    try:
        with owned(rig_file, rig, "hotjunction check"):
            findings = [*look_at_instruments(rig, cards), _watchdog(rig_file, rig), _probe(rig, store)]
            findings.append(commissioning(rig_file, store, cards.get(rig.daq.device)))
            all_answer = all(finding.answers is not False for finding in findings)
            proof, refused = _proved(rig_file, rig) if prove and all_answer else (None, "")
    except RigOwned as error:
        raise FileError(str(error)) from None
    if as_json:
        report = {"all_answer": all_answer, "instruments": to_json(findings), "limits": to_json(limits)}
        report["expected_errors"] = {label: to_json(expected) for label, expected, _ in errors}
        if prove:
            report |= {"proof": proof.to_json() if proof else None, "refused": refused}
        click.echo(json.dumps(report, indent=2))
    else:
        _print(findings, str(rig_file))
        _print_limits(limits)
        for label, expected, seconds in errors:
            style = "yellow" if expected.weak else None
            _console().print(f"{label}: {expected.sentence(seconds)}", style=style, highlight=False)
        _print_proof(proof)
    if refused and not as_json:
        click.echo(refused, err=True)
    if not all_answer or refused:
        raise SystemExit(1)


def _proved(rig_file: Path, rig: "Rig") -> "tuple[Proof | None, str]":
    """Return the proof of the rig, or None and the reason for which it failed."""
    import threading

    from app.acquisition.prove_rig import prove_rig
    from app.console.progress import signals_stop
    from drivers.errors import RigError
    from procedures.errors import Aborted, ProcedureFault

    stop = threading.Event()
    try:
        with signals_stop(stop.set, lambda sentence: click.echo(sentence, err=True)):
            return prove_rig(rig_file, rig, stop.is_set), ""
    except Aborted:
        return None, "The proof was stopped by the user; the rig is safe."
    except (ProcedureFault, RigError, RuntimeError) as error:
        return None, str(error)


def _print_proof(proof: "Proof | None") -> None:
    if proof is None:
        return
    click.echo(proof.sentence)
    for name, value in proof.numbers.items():
        click.echo(f"  {name:32} {value:.4g}")
    click.echo("Not proved:")
    for clause in proof.not_proved:
        click.echo(f"  {clause}")


def look_at_instruments(rig: "Rig", cards: dict[str, int] | None = None) -> Iterator[Finding]:
    """Look at each instrument of the rig in turn; one that fails does not keep the next from being asked.

    ``cards`` gets the serial number of each card by its name.
    """
    from app.config.amplifiers import ROLES

    yield from _daq(rig, {} if cards is None else cards)
    for role in ROLES:
        yield _amplifier(rig, role)


def _watchdog(rig_file: Path, rig: "Rig") -> Finding:
    """Return whether a trip of the watchdog holds the rig."""
    from app.acquisition.watchdog.latch import held

    trip = held(rig_file, rig)
    acts = f"acts after {rig.safe.heartbeat_s:g} s without samples"
    return Finding("watchdog", "", None, "a trip holds the rig" if trip else acts, trip)


def _daq(rig: "Rig", serials: dict[str, int]) -> Iterator[Finding]:
    from drivers.errors import RigError
    from drivers.pxi import PXIController

    address = rig.daq.controller
    cards = {"DAQ card": rig.daq.device}
    if rig.coarse is not None:
        cards["coarse stepper's card"] = rig.coarse.device or rig.daq.device
    try:
        with PXIController(address, rig.daq.answer_s) as controller:
            identity = controller.identity
            has = ", ".join(f"{card.name} ({card.product_type})" for card in identity.devices) or "no device"
            yield Finding("PXI controller", address, True, f"NI-DAQmx {identity.driver_version}: {has}")
            for use, device in cards.items():
                yield _card(controller, use, device, rig, serials)
    except RigError as error:
        yield Finding("PXI controller", address, False, "", str(error))
        for use, device in cards.items():
            yield Finding(use, device, False, "", "Its controller must answer first.")


def _card(controller: "PXIController", use: str, device: str, rig: "Rig", serials: dict[str, int]) -> Finding:
    from drivers.errors import NotFound, RigError

    try:
        card = controller.device(device)
    except RigError as error:
        return Finding(use, device, False, "", f"{error}. Write a name that NI MAX shows into the rig file.")
    serials[device] = card.serial
    said = f"{card.product_type}, serial number {card.serial:X}"
    try:
        return Finding(use, device, True, said, _ranges(controller, rig) if use == "DAQ card" else "")
    except NotFound as error:  # in NI MAX alone
        return Finding(use, device, False, said, str(error))


def _ranges(controller: "PXIController", rig: "Rig") -> str:
    """Return what of the rig file the card does not have; "" if it has all."""
    from app.config.card_channels import daq_inputs, daq_outputs
    from drivers.errors import OutOfRange

    card = controller.properties(rig.daq.device)
    wrong: list[str] = []
    inputs = daq_inputs(rig)
    for one in inputs:
        with _collected(wrong, OutOfRange):
            card.check_input_range(one.name, one.range_V)
    for output in daq_outputs(rig):
        with _collected(wrong, OutOfRange):
            card.check_output_limits(output.name, *output.card_limits_V)
    if rig.daq.rate_Hz > (fastest_Hz := card.fastest_Hz(len(inputs))):
        wrong.append(f"daq.rate_Hz = {rig.daq.rate_Hz:g}: at most {fastest_Hz:g} with {len(inputs)} inputs")
    return f"Correct the rig file. {'; '.join(wrong)}." if wrong else ""


@contextmanager
def _collected(found: list[str], kind: type[Exception]) -> Iterator[None]:
    """Collect the message of an exception of a kind instead of raising it."""
    try:
        yield
    except kind as error:
        found.append(str(error))


def _amplifier(rig: "Rig", role: str) -> Finding:
    from app.acquisition.open_rig import open_amplifier
    from app.config.amplifiers import model_of
    from drivers.amplifier import Provenance, keys_from
    from drivers.errors import RigError

    driver = model_of(rig, role).driver
    name, place = driver.product, driver.place(keys_from(driver, getattr(rig, role)))
    try:
        amplifier = open_amplifier(rig, role)
    except RigError as error:
        return Finding(name, place, False, "", str(error))
    try:
        answers = True if driver.provenance is Provenance.READ else None
        said, advice = amplifier.report()
        if via := getattr(amplifier, "via", ""):
            said = f"{said}; through {via}"
        if getattr(rig, role).inverting:
            said = f"{said}; {INVERTS}"
        return Finding(name, place, answers, said, advice)
    except RigError as error:
        return Finding(name, place, False, "", str(error))
    finally:
        amplifier.close()


def _probe(rig: "Rig", store: "CalibrationStore") -> Finding:
    """Return the calibration of the probe's thermometer, with advice."""
    from datetime import UTC, datetime

    from app.config.calibrated_rig import thermometer_advice

    said = "no calibration"
    if rig.probe and rig.probe.known:
        said = (
            f"{rig.probe.thermal_resistance_K_per_W:.5g} K/W, {(rig.probe.seebeck_V_per_K or 0) * 1e6:.4g} uV/K, "
            f"calibrated {rig.probe.calibrated}"
        )
    name = f"{rig.probe.id}, {store.folder.name}" if rig.probe else "not named"
    return Finding("probe", name, None, said, thermometer_advice(rig, store, datetime.now(UTC)))


def commissioning(
    rig_file: Path, store: "CalibrationStore", card: int | None, now: "datetime | None" = None
) -> Finding:
    """Return the last commissioning, with advice if it is missing or failed, or counts no more."""
    from datetime import UTC, datetime

    from app.acquisition.commissioned import COMMAND, last_commissioning, rig_mark, why_stale
    from app.config.calibrated_rig import age_days

    found, now = last_commissioning(store), now or datetime.now(UTC)
    if found is None:
        return Finding("commissioning", store.folder.name, None, "never commissioned", f"Run {COMMAND} once.")
    failed = [number for number, verdict in found.verdicts.items() if verdict == "fail"]
    stale = why_stale(found, rig_mark(rig_file), card, now)
    advice = [f"Steps {', '.join(failed)} failed: see {found.recording}/report.html."] if failed else []
    advice += [f"Repeat {COMMAND}: {'; '.join(stale)}."] if stale else []
    said = f"{age_days(found.date, now):.0f} days ago, card {found.card:X}: {found.worst}"
    if found.program:
        said = f"{said}, {found.program}"
    return Finding("commissioning", store.folder.name, None, said, " ".join(advice))


def _print_limits(limits: "list[Limit]") -> None:
    from rich.table import Table

    table = Table("limit", "value", "beyond it", "key in the rig file")
    for limit in limits:
        table.add_row(limit.quantity, limit.value, limit.done, limit.key)
    _console().print(table)


def _console() -> "Console":
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=WIDTH_WITHOUT_TERMINAL)


def _print(findings: list[Finding], title: str) -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
    table = Table(
        "instrument", "address", "answers", "what it says", "what to do", title=title, show_lines=True
    )
    words = {True: Text("yes", "green"), False: Text("no", "bold red"), None: Text("cannot", "yellow")}
    for finding in findings:
        cells = (Text(cell, overflow="fold") for cell in (finding.said, finding.advice))
        table.add_row(
            finding.instrument, Text(finding.address, overflow="fold"), words[finding.answers], *cells
        )
    console.print(table)
