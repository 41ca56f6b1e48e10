"""Report of a commissioning: one HTML page, and JSON."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from analysis.commissioning.judgement import Number, Verdict
from analysis.shared_files import write_file
from app.commission.registry import STEPS
from app.commission.state import State
from app.commission.step import Step

PAGE, DATA = "report.html", "report.json"


def rows(state: State, steps: Mapping[int, Step] = STEPS) -> list[dict[str, Any]]:
    """Return a row for each step: number, title, verdict, numbers, remarks."""
    found = []
    for number, step in steps.items():
        done = state.steps.get(number)
        judgement = done.judgement if done else None
        found.append(
            {
                "number": number,
                "title": step.title,
                "verdict": str(judgement.verdict if judgement else Verdict.NOT_DONE),
                "numbers": [shown(one) for one in judgement.numbers] if judgement else [],
                "remarks": list(judgement.remarks) if judgement else [],
                "matrices": list(judgement.matrices) if judgement else [],
                "recordings": list(done.recordings) if done else [],
                "when": done.when if done else "",
            }
        )
    return found


def shown(number: Number) -> str:
    """Return a number with its unit and its limit: "gain 1.002e+05 V/A (1e+05 +- 2%)"."""
    wanted = f" ({number.wanted})" if number.wanted else ""
    return f"{number.name} {number.value:.5g} {number.unit}".rstrip() + wanted


def to_json(state: State) -> dict[str, Any]:
    """Return the whole report."""
    return {
        "began": state.began,
        "resistance_ohm": state.resistance_ohm,
        "rig": state.rig,
        **state.facts,
        "steps": {str(number): done.to_json() for number, done in sorted(state.steps.items())},
    }


def write_reports(
    folder: Path, state: State, steps: Mapping[int, Step] = STEPS, title: str = "Commissioning"
) -> None:
    """Write both reports beside the recordings."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    text = files("app").joinpath("templates/commission.html.j2").read_text(encoding="utf-8")
    page = environment.from_string(text).render(
        state=state, rows=rows(state, steps), facts=state.facts, title=title
    )
    write_file(folder / PAGE, page)
    write_file(folder / DATA, json.dumps(to_json(state), indent=1))
