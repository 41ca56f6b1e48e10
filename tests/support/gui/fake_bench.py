"""A bench that is none: says what it is told to say, keeps what it was asked."""

import tomllib
from collections.abc import Callable
from functools import cache
from typing import Any

from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.rig import Rig
from app.config.toml import validate
from app.server.connection import Connection
from app.server.errors import NoAnswer, Refused
from app.server.instrument_status import InstrumentRows
from simulators.parameters import load_parameters

ADDRESSES = {
    "daq": "127.0.0.1:1",
    "current_amplifier": "TCPIP0::127.0.0.1,1::gpib0,22::INSTR",
    "voltage_preamplifier": "ASRL/dev/pts/1::INSTR",
}
CONNECTION = Connection(
    "tcp://127.0.0.1:1", "tcp://127.0.0.1:2", "tcp://127.0.0.1:3", "t", 1, "rig.toml", "a rig"
)


@cache
def rig(species: str = "BDNC", heater: str = "none", resistance_K_per_W: float = 72_800.0) -> Rig:
    overrides = {
        "sample.species": species, "heater.where": heater, "thermal.resistance_K_per_W": resistance_K_per_W,
    }  # fmt: skip
    parameters = load_parameters(overrides=overrides)
    text = rig_file_text(SimulationSettings("wall", 0), parameters, ADDRESSES)
    return validate(tomllib.loads(text), Rig, "rig.toml")


def rig_on_fast_clock() -> Rig:
    told = rig()
    return told.model_copy(update={"daq": told.daq.model_copy(update={"keeps_time": False})})


def job(number: int = 1, status: str = "waiting", **changed: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": number, "procedure": "heating", "sample": "Au-BDNC-Au", "notes": "", "repeats": "holds", "total": 100,
        "takes_s": None, "cycles": 0, "traces": 0, "samples": 0, "reason": "", "refused": False,
        "values": {"amplitudes": [1.08]}, "out": f"/data/{number}.h5", "status": status, "safe": True,
        "elapsed_s": None, "left_s": None,
    }  # fmt: skip
    return {**content, **changed}


def state(*jobs: dict[str, Any], held: str = "", failed: int | None = None) -> dict[str, Any]:
    on = [one for one in jobs if one["status"] in ("running", "paused", "saving")]
    return {
        "bench": on[0]["status"] if on else "idle",
        "job": on[0]["id"] if on else None,
        "held": held,
        "failed": failed,
        "queue": list(jobs),
        "run": None,
        "unsafe": "",
        "folder": "/data",
    }


def row(name: str, address: str, **changed: Any) -> dict[str, Any]:
    content = {
        "name": name,
        "address": address,
        "answers": True,
        "verified": True,
        "message": "",
        "settings": {},
        "at": "now",
    }
    return {**content, **changed}


def instruments(
    reason: str = "", *, z_V: float = 0.0, bias_V: float = 0.0, gain: float = 1e5
) -> dict[str, Any]:
    choice = {"reason": reason}
    shown = InstrumentRows(rig()).to_json(rig(), reason)
    words = {
        role: {part: shown[role][part] for part in ("labels", "shown", "provenance")}
        for role in ("current_amplifier", "voltage_preamplifier")
    }
    return {
        "current_amplifier": row(
            "Keithley 428", ADDRESSES["current_amplifier"], **words["current_amplifier"],
            settings={"gain_V_per_A": gain, "rise_time_s": 3e-4, "overloaded": False, "filter_on": True},
            editable={
                "gain_V_per_A": {"choices": [1e3, 1e4, 1e5, 1e6], "next_run": gain, **choice},
                "rise_time_s": {"choices": [1e-4, 3e-4, 1e-3], "next_run": 3e-4, **choice},
            },
        ),
        "voltage_preamplifier": row(
            "SR560", ADDRESSES["voltage_preamplifier"], answers=None, verified=False,
            **words["voltage_preamplifier"],
            settings={"gain": 5e4, "lowpass_Hz": 1000.0, "coupling": "DC"},
            editable={
                "gain": {"choices": [1e4, 2e4, 5e4], "next_run": 5e4, **choice},
                "lowpass_Hz": {"choices": [300.0, 1000.0, 3000.0], "next_run": 1000.0, **choice},
            },
        ),
        "daq": row(
            "NI 6281", "grpc://127.0.0.1:1, Dev1",
            settings={"current_V": 0.01, "thermocouple_V": 0.5, "bias_V": bias_V, "z_V": z_V},
            editable={"bias_V": {"range": [-2.0, 2.0], **choice}},
            z_range_V=[0.0, 10.0], safe_z_V=0.0, extension_nm_per_V=10.0, rate_Hz=2000.0,
            current_full_scale_V=5.0,
        ),
        "busy": bool(reason),
    }  # fmt: skip


class FakeSubscription:
    failure = None

    def close(self) -> None:
        pass


class FakeClient:
    """Answers commands from ``answers``; a string there is a refusal, None no answer at all."""

    def __init__(self, folder: str = "/data", **answers: Any) -> None:
        self.connection = CONNECTION
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.retracted = 0
        self.closed = False
        self.answers: dict[str, Any] = {
            "hello": {"folder": folder, "rig": rig().model_dump()},
            "state": state(),
            "instruments": instruments(),
            "log": {"entries": []},
            **answers,
        }
        self.tell: Callable[[str, Any], None] = lambda topic, what: None

    def command(self, name: str, **arguments: Any) -> Any:
        self.asked.append((name, arguments))
        answer = self.answers.get(name, {})
        if answer is None:
            raise NoAnswer("The bench did not answer")
        if isinstance(answer, str):
            raise Refused("NotNow", answer)
        return answer

    def retract(self) -> str:
        self.retracted += 1
        answer = self.answers.get("retract", "bias 0 V, tip at 0 nm")
        if answer is None:
            raise NoAnswer("The bench did not answer 'retract' within 2 s")
        return str(answer)

    def subscribe(self, callback: Callable[[str, Any], None], topics: Any) -> FakeSubscription:
        self.tell = callback
        return FakeSubscription()

    def follow(self, callback: Callable[[str, Any], None], topics: Any) -> FakeSubscription:
        self.stream = callback
        return FakeSubscription()

    def close(self) -> None:
        self.closed = True

    def of(self, name: str) -> list[dict[str, Any]]:
        return [arguments for one, arguments in self.asked if one == name]
