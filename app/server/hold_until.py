"""Conditions outside of the queue for which a run waits: a time, an input of the rig, a file, an address."""

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from procedures.errors import ImpossibleSetting

SYNTAX = (
    'Write "time 03:40", "time 2026-12-01 03:40", "input pressure < 1e-9", "file C:/lab/ready.txt", '
    '"file C:/lab/pressure.txt < 1e-9", "url http://host/pressure < 1e-9" or "url http://host/ready"'
)
KINDS = ("time", "input", "file", "url")
WHOLE = re.compile(r"(?P<name>.+?)(?:\s*(?P<relation>[<>])\s*(?P<limit>[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?))?")
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
CLOCKS = "%H:%M", "%H:%M:%S"
DATES = "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"
ANSWER_S = 5.0
MOST_READ = 1 << 16
"""Bytes of a file's end, or of an answer's beginning, in which a number is looked for."""


@dataclass(frozen=True)
class Condition:
    """Condition that a run waits for; ``relation`` is "<", ">", or "" where a file or an answer is enough.

    ``at_s`` is the time in s since 1970 of a condition of kind "time", else NaN.
    """

    kind: str
    name: str
    relation: str = ""
    limit: float = math.nan
    at_s: float = math.nan

    def __str__(self) -> str:
        if self.kind == "time":
            return f"time {datetime.fromtimestamp(self.at_s):%Y-%m-%d %H:%M:%S}"
        return f"{self.kind} {self.name}" + (f" {self.relation} {self.limit:g}" if self.relation else "")

    def holds(self, value: float) -> bool:
        """Return True if a value is on the wanted side of the limit; NaN is on neither."""
        return value < self.limit if self.relation == "<" else value > self.limit


@dataclass(frozen=True)
class Looked:
    """Result of a look at a condition: met or not, and a sentence with what was seen."""

    met: bool
    sentence: str


def condition_of(text: str, now_s: float | None = None) -> Condition:
    """Read a condition; a time of day is the next one. Raises ``ImpossibleSetting`` with the syntax."""
    kind, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if kind not in KINDS or not rest:
        raise ImpossibleSetting(f"{text!r} is not a condition to hold for. {SYNTAX}.", "until")
    if kind == "time":
        return Condition(kind, rest, at_s=_time_s(rest, time.time() if now_s is None else now_s))
    parts = WHOLE.fullmatch(rest)
    assert parts is not None, "any text that is not empty matches"
    limit = float(parts["limit"]) if parts["limit"] and NUMBER.fullmatch(parts["limit"]) else math.nan
    condition = Condition(kind, parts["name"].strip(), parts["relation"] or "", limit)
    if condition.relation and math.isnan(limit):
        raise ImpossibleSetting(f"{parts['limit']!r} is not a number. {SYNTAX}.", "until")
    if kind == "input" and not condition.relation:
        raise ImpossibleSetting(f"Give the limit of {condition.name}, as in: input pressure < 1e-9.", "until")
    if kind == "url" and not condition.name.startswith(("http://", "https://")):
        raise ImpossibleSetting(
            f"{condition.name} is not an address that begins with http:// or https://.", "until"
        )
    return condition


def _time_s(text: str, now_s: float) -> float:
    for form in DATES:
        try:
            return datetime.strptime(text, form).timestamp()
        except ValueError:
            continue
    for form in CLOCKS:
        try:
            clock = datetime.strptime(text, form).time()
        except ValueError:
            continue
        at = datetime.combine(datetime.fromtimestamp(now_s).date(), clock)
        return (at if at.timestamp() > now_s else at + timedelta(days=1)).timestamp()
    raise ImpossibleSetting(f"{text!r} is not a time. {SYNTAX}.", "until")


def look(
    condition: Condition,
    inputs: Callable[[], Mapping[str, float]],
    now_s: Callable[[], float] = time.time,
) -> Looked:
    """Look whether a condition is met; ``inputs`` returns the last values of the rig's inputs by name.

    An address may take `ANSWER_S` to answer.
    """
    match condition.kind:
        case "time":
            when, now = datetime.fromtimestamp(condition.at_s), datetime.fromtimestamp(now_s())
            shown = when.strftime("%H:%M" if when.date() == now.date() else "%Y-%m-%d %H:%M")
            return Looked(now_s() >= condition.at_s, f"Waits until {shown}")
        case "input":
            value = inputs().get(condition.name, math.nan)
            return _judged(condition, value, f"{condition.name} is not read now")
        case "file":
            return _of_file(condition)
    return _of_address(condition)


def _of_file(condition: Condition) -> Looked:
    path = Path(condition.name)
    if not path.is_file():
        return Looked(False, f"Waits for the file {path}")
    if not condition.relation:
        return Looked(True, f"The file {path} is there")
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - MOST_READ, 0))
            content = file.read()
    except OSError as error:
        return Looked(False, f"{path} can't be read ({error.strerror})")
    return _judged(condition, last_number(content), f"{path} holds no number")


def _of_address(condition: Condition) -> Looked:
    import urllib.error  # slow to import, and few hold for an address
    import urllib.request

    try:
        with urllib.request.urlopen(condition.name, timeout=ANSWER_S) as answer:
            content = answer.read(MOST_READ)
    except (OSError, ValueError) as error:
        why = (
            f"answers {error.code}"
            if isinstance(error, urllib.error.HTTPError)
            else f"does not answer ({error})"
        )
        return Looked(False, f"{condition.name} {why}")
    if not condition.relation:
        return Looked(True, f"{condition.name} answers")
    return _judged(condition, last_number(content), f"{condition.name} answers without a number")


def _judged(condition: Condition, value: float, unknown: str) -> Looked:
    side = "below" if condition.relation == "<" else "above"
    if math.isnan(value):
        return Looked(False, f"{unknown}; waits for a value {side} {condition.limit:g}")
    if condition.holds(value):
        return Looked(True, f"{condition.name} is {value:.4g}, {side} {condition.limit:g}")
    return Looked(False, f"{condition.name} is {value:.4g}; waits for a value {side} {condition.limit:g}")


def last_number(content: bytes) -> float:
    """Return the last number of a text; NaN without one."""
    numbers = NUMBER.findall(content.decode("utf-8", "replace"))
    return float(numbers[-1]) if numbers else math.nan


def inputs_of(instruments: Mapping[str, Any]) -> dict[str, float]:
    """Return the last value of each input of a report on the instruments, while the card answers."""
    daq = instruments["daq"]
    if daq["answers"] is False:
        return {}
    return {
        name.removesuffix("_V"): float(value)
        for name, value in daq["settings"].items()
        if name.endswith("_V")
    }
