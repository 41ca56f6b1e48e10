"""Reports of a bench on a commissioning, made up."""

from collections.abc import Mapping
from typing import Any

from app.commission.amounts import FULL
from app.commission.registry import STEPS

MAINS = "Mains found at 60.00 Hz, the rig file says 50 Hz: correct mains_Hz."
NUMBERS = {
    4: ("gain 1.0003e+05 V/A (1e+05 +- 2%)", "offset 0.31 mV", "sign 1 (+1)"),
    8: ("mains 59.998 Hz (50 +- 1)", "thermocouple, harmonic 1 3.1 mV"),
}
REMARKS = {8: (MAINS,), 5: ("Nothing is connected to ai4, ai5, ai6, ai7: they follow the input before.",)}


def report(states: Mapping[int, str] | None = None, **changed: Any) -> dict[str, Any]:
    """A report whose steps of stage 1 have these states, and wait otherwise."""
    states = states or {}
    return {
        "job": 0,
        "folder": "/data/commission-2026-11-29",
        "resistance_ohm": 1e4,
        "question": 0,
        "asked": "",
        "kept": "",
        "verdict": "not done",
        "left_s": sum(s.takes_s(FULL) for n, s in STEPS.items() if s.stage == 1 and n not in states),
        "report": "",
        "steps": [
            {
                "number": number,
                "title": step.title,
                "explain": step.explain,
                "state": states.get(number, "waiting"),
                "share": 0.4 if states.get(number) == "running" else 0.0,
                "takes_s": step.takes_s(FULL),
                "numbers": list(NUMBERS.get(number, ())) if states.get(number) else [],
                "remarks": list(REMARKS.get(number, ())) if states.get(number) in ("pass", "fail") else [],
                "when": "",
            }
            for number, step in STEPS.items()
            if step.stage == 1
        ],
        **changed,
    }


def asking() -> dict[str, Any]:
    """A report with an open question."""
    asked = STEPS[2].ask.format(resistance="10 kohm")
    return report({1: "pass", 2: "needs a hand"}, job=1, question=1, asked=asked)


def failed() -> dict[str, Any]:
    """A report of a session in progress in which a step has failed."""
    states = {**dict.fromkeys(range(1, 8), "pass"), 8: "fail", 9: "running"}
    return report(states, job=1, report="/data/commission-2026-11-29/report.html")


def ended() -> dict[str, Any]:
    """A report of a session that has ended, with a failed step."""
    states = {**dict.fromkeys(STEPS, "pass"), 5: "warn", 8: "fail", 15: "not done"}
    return report(states, left_s=0.0, report="/data/commission-2026-11-29/report.html")
