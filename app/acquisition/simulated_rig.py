"""The simulated rig in a process of its own, and its rig file."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import MISSING, asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app import child_process
from app.config.amplifiers import (
    CURRENT_AMPLIFIER,
    DEFAULTS,
    ROLES,
    VOLTAGE_PREAMPLIFIER,
    AmplifierModel,
    amplifier_model,
    named_model,
)
from app.config.simulated_rig_file import MARK
from app.console.priority import SWITCH_S
from simulators.parameters import STANDARD_CARD, Parameters, load_parameters

if TYPE_CHECKING:
    from jinja2 import Template

    from analysis.recording import Recording
    from simulators.rig.signal_chain import AmplifierModels
    from simulators.simulated_rig import SimulatedRig

ClockName = Literal["wall", "fast"]

CURRENT_RANGE_V = 5.0
"""Least range of the current input: 5 G0 at 100 mV is 3.9 V."""

ANSWER_S, SAFE_WITHIN_S, HEARTBEAT_S = 30.0, 10.0, 2.0
"""Time limits of our own simulated rig on a busy machine: for an answer, for making safe, for samples."""

ENDS_WITHIN_S = 10.0


@dataclass(frozen=True)
class SimulationSettings:
    """Settings of a simulated rig.

    Parameters
    ----------
    clock : "wall" or "fast"
    seed : int
    parameters : Path, optional
    overrides : tuple of str
        As for ``load_parameters`` ("sample.species=Au").
    host : str
    recording : Path, optional
        Played back in place of a junction.
    speed : float
        Speed relative to real time.
    current_amplifier, voltage_preamplifier : str
        Models of the amplifiers; in playback those of the recording.
    faults : tuple of str
        Named faults of the rig ("current-reversed"), which its file does not know.
    card : str
        Card of the rig, one of ``simulators/cards.toml``.
    """

    clock: ClockName = "wall"
    seed: int = 0
    parameters: Path | None = None
    overrides: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    recording: Path | None = None
    speed: float = 1.0
    current_amplifier: str = DEFAULTS[CURRENT_AMPLIFIER]
    voltage_preamplifier: str = DEFAULTS[VOLTAGE_PREAMPLIFIER]
    faults: tuple[str, ...] = ()
    card: str = STANDARD_CARD

    def load(self) -> Parameters:
        """Return the parameters: defaults, the user's file, overrides. Raises ``ParameterError``."""
        return load_parameters(self.parameters, self.overrides, self.card)


def rig_file_text(settings: SimulationSettings, parameters: Parameters, addresses: dict[str, str]) -> str:
    """Return the complete rig.toml of a simulated rig at ``addresses``."""
    from app.acquisition.playback_rig import table_toml
    from app.config.rig import Rig
    from app.config.unusual import nested, unusual

    values = parameters.values
    text = _template().render(
        addresses,
        other={
            role: _table(amplifier_model(role, getattr(settings, role)), addresses, parameters)
            for role in ROLES
            if getattr(settings, role) != DEFAULTS[role]
        },
        species=values["sample"]["species"],
        seed=settings.seed,
        clock=settings.clock,
        keeps_time=settings.clock == "wall" and settings.speed == 1.0,
        device=values["ni6281"]["device"],
        extension_nm_per_V=values["piezo"]["extension_nm_per_V"],
        series_resistance_ohm=values["junction"]["series_resistance_ohm"],
        keithley428=_keithley428(values),
        coarse=None
        if values["ni6281"]["delta_sigma"]
        else values["coarse"],  # such a card has no digital lines
        current_range_V=next(v for v in values["ni6281"]["input_ranges_V"] if v >= CURRENT_RANGE_V),
        second_current=_second_current(values["ni6281"]["wiring"]),
        line=values["bias_line"],
        thermal=values["thermal"],
        heater=_heater(values),
        told=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    content = tomllib.loads(text)
    twice = nested(unusual(Rig.for_content(content), content))  # chosen on purpose
    return text + (f"\n{table_toml('unusual', twice)}" if twice else "")


def _keithley428(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the gain of a Keithley 428, smaller contacts being of interest with a heater, and its input there."""
    gain, told = "1e6" if values["heater"]["where"] != "none" else "1e5", values["keithley428"]
    ohm = told["burden_V_at_full_scale"] * float(gain) / told["rail_V"]
    return {"gain_V_per_A": gain, "input_resistance_ohm": f"{ohm:.4g}"}


def _second_current(wiring: Mapping[str, Any]) -> str | None:
    """Return another terminal that is wired to the current amplifier, if there is one."""
    return next((name for name, signal in wiring.items() if signal == "current" and name != "ai0"), None)


def _heater(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the rig file says of the simulated heater; None without one."""
    heater = values["heater"]
    if heater["where"] == "none":
        return None
    of = {
        "tip": values["thermal"]["resistance_K_per_W"],
        "base": heater["base_K_per_W"],
        "substrate": heater["substrate_K_per_W"],
    }
    follows_s = {
        "tip": values["thermal"]["time_constant_s"],
        "base": heater["base_s"],
        "substrate": heater["substrate_s"],
    }
    slow_s = {"tip": heater["expansion_s"], "base": heater["expansion_s"], "substrate": heater["substrate_s"]}
    where = heater["where"]
    most_W, ohm = (
        40.0 / of[where],
        heater["substrate_ohm" if where == "substrate" else "resistance_ohm"],
    )
    return {
        **heater,
        "resistance_ohm": ohm,
        "kelvin_per_W": of[where],
        "most_W": most_W,
        "most_V": (most_W * ohm) ** 0.5,
        "settle_s": 3.0 * slow_s[where],
        "time_constant_s": follows_s[where],
        "ambient_K": values["sample"]["temperature_K"],
        "input_range_V": next(v for v in values["ni6281"]["input_ranges_V"] if v**2 >= 1.21 * most_W * ohm),
    }


@cache
def _template() -> "Template":
    """Return the template of a rig file, compiled once."""
    import jinja2

    text = files("app").joinpath("templates/rig.toml.j2").read_text(encoding="utf-8")
    return jinja2.Template(text, trim_blocks=True)


def _table(model: AmplifierModel, addresses: dict[str, str], parameters: Parameters) -> str:
    """Return the keys of an amplifier on a simulated rig: its model, its address if it has one, its defaults.

    A simulated instrument with ``rig_keys`` adds what its parameters determine.
    """
    import tomli_w

    wire = {"address": addresses[model.role]} if model.role in addresses else {}
    defaults = {one.name: one.default for one in model.keys if one.default not in (MISSING, None, "")}
    own: dict[str, Any] = getattr(model.simulator, "rig_keys", lambda parameters: {})(parameters)
    keys = {"model": model.model, **wire, **defaults, **own}
    return tomli_w.dumps(keys).rstrip("\n")


def _models(chosen: Mapping[str, str]) -> "AmplifierModels":
    """Return the simulated amplifiers of these models, by role."""
    from simulators.rig.signal_chain import AmplifierModels

    return AmplifierModels(*(amplifier_model(role, chosen[role]).simulator for role in ROLES))


@contextmanager
def served(settings: SimulationSettings) -> "Iterator[tuple[SimulatedRig, str]]":
    """Serve a simulated rig, or the playback of a recording, from this process; yield it and its rig file's text.

    Raises
    ------
    ParameterError, RecordingError
        For invalid parameters or an unusable recording.
    OSError
        If a connection can't be opened.
    """
    from simulators.rig.clock import FastClock, WallClock
    from simulators.rig.named_faults import injection
    from simulators.simulated_rig import SimulatedRig

    parameters = settings.load()
    clock = FastClock() if settings.clock == "fast" else WallClock(settings.speed)
    with ExitStack() as stack:
        if settings.recording is None:
            models = _models({role: getattr(settings, role) for role in ROLES})
            wrong = injection(settings.faults)
            faulty = parameters.changed(wrong.overrides)
            rig = stack.enter_context(
                SimulatedRig(faulty, settings.seed, clock, settings.host, models=models)
            )
            for fault in wrong.faults:
                rig.faults.add(fault)
            yield rig, rig_file_text(settings, parameters, rig.addresses)
            return
        from analysis.recording import Recording
        from simulators.rig.playback import recorded_chain

        recording = stack.enter_context(Recording(settings.recording))
        models = _models({role: named_model(recording.header.rig or {}, role) for role in ROLES})
        chain = recorded_chain(recording, parameters, settings.seed, models)
        rig = stack.enter_context(SimulatedRig(parameters, settings.seed, clock, settings.host, chain))
        yield (
            rig,
            _playback_text(settings, recording, rig_file_text(settings, parameters, rig.addresses), rig),
        )


def _playback_text(
    settings: SimulationSettings, recording: "Recording", usual: str, rig: "SimulatedRig"
) -> str:
    from app.acquisition.playback_rig import playback_rig, rig_toml

    speed = settings.speed if settings.clock == "wall" else 1.0
    made = playback_rig(recording.header, usual, rig.bench.card.device, rig.addresses, speed)
    return rig_toml(
        made, f"{MARK} that plays back {recording.path.name}. It is valid while that process runs.\n"
    )


@contextmanager
def simulated_rig(settings: SimulationSettings) -> Iterator[str]:
    """Serve a simulated rig from a process of its own; yield the text of its rig file.

    Wait for it as long as its process lives. The process ends with the context, and when this process dies.

    Raises
    ------
    RuntimeError
        If the process can't serve; the message is its own.
    """
    process = child_process.start("app.acquisition.simulated_rig", stdin=subprocess.PIPE)
    try:
        try:
            text = _told_to_serve(process, settings)
        except BaseException:
            process.kill()
            raise
        yield patient(text)
    finally:
        try:
            process.communicate(timeout=ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _told_to_serve(process: "subprocess.Popen[bytes]", settings: SimulationSettings) -> str:
    """Send the settings to the process; return its rig file's text. Raises ``RuntimeError`` with its message."""
    assert process.stdin is not None
    with suppress(OSError):  # it has ended: there will be no answer
        process.stdin.write(_to_line(settings))
        process.stdin.flush()
    answer = child_process.next_line(process, "simulated rig")
    if not answer:
        raise RuntimeError("The simulated rig's process ended before it served.")
    kind, text = json.loads(answer)
    if kind == "error":
        raise RuntimeError(text)
    return str(text)


def patient(rig_file_text: str) -> str:
    """Return the rig file with longer time limits, as a simulated rig shares our processors."""
    for section, limit, seconds in (
        ("[daq]\n", "answer_s", ANSWER_S),
        ("[safe]\n", "within_s", SAFE_WITHIN_S),
    ):
        without = re.sub(rf"(?m)^{limit} = .*\n", "", rig_file_text)
        rig_file_text = without.replace(section, f"{section}{limit} = {seconds}\n", 1)
    if "heartbeat_s" not in rig_file_text:  # the fast clock has a longer one
        rig_file_text = rig_file_text.replace("[safe]\n", f"[safe]\nheartbeat_s = {HEARTBEAT_S}\n", 1)
    return rig_file_text


def _to_line(settings: SimulationSettings) -> bytes:
    return json.dumps(asdict(settings), default=str).encode() + b"\n"


def _from_line(line: str) -> SimulationSettings:
    values = json.loads(line)
    paths = {name: Path(values[name]) for name in ("parameters", "recording") if values[name] is not None}
    tuples = {name: tuple(values[name]) for name in ("overrides", "faults")}
    return SimulationSettings(**{**values, **paths, **tuples})


def serve_simulated_rig() -> None:
    """Serve the rig described by the first line of standard input until that input ends."""
    with ExitStack() as stack:
        try:
            _, text = stack.enter_context(served(_from_line(sys.stdin.readline())))
        except Exception as error:
            child_process.reply_to_parent(json.dumps(["error", str(error)]))
            return
        child_process.reply_to_parent(json.dumps(["serving", text]))
        while sys.stdin.readline():
            pass


if __name__ == "__main__":
    sys.setswitchinterval(SWITCH_S)
    serve_simulated_rig()
