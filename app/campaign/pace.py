"""Remaining time of a campaign from the durations of its cycles so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

HOLD_IN_TRACES = 5.0
"""Typical number of openings per held junction, used until a junction has been held."""


@dataclass
class Pace:
    """Duration of a cycle in each stage of this run, in s."""

    seconds: dict[str, float] = field(default_factory=dict)

    def learn(self, stage: str, took_s: float, cycles: int) -> None:
        """Record the duration of a stage."""
        if cycles:
            self.seconds[stage] = took_s / cycles

    def left_s(self, missing: Mapping[str, int]) -> float | None:
        """Return the time for the missing cycles of each stage, in s; None before the first measurement."""
        if not self.seconds:
            return None
        return sum(cycles * self._expected_s(stage) for stage, cycles in missing.items())

    def _expected_s(self, stage: str) -> float:
        """Return the measured duration of a cycle, else that of the last stage with holds, else an estimate."""
        if stage in self.seconds:
            return self.seconds[stage]
        held = [s for name, s in self.seconds.items() if name != "histogram"]
        if stage == "histogram":
            return min(self.seconds.values())
        return held[-1] if held else HOLD_IN_TRACES * self.seconds["histogram"]


def duration_text(seconds: float) -> str:
    """Return a duration as text: "40 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
