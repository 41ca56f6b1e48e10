"""How long a campaign will still take, from how long its cycles took so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

HOLD_IN_TRACES = 5.0
"""Openings that one held junction costs, where nothing has been held yet; typical."""


@dataclass
class Pace:
    """Seconds a cycle took in each stage of this run."""

    seconds: dict[str, float] = field(default_factory=dict)

    def learn(self, stage: str, took_s: float, cycles: int) -> None:
        """A stage took so long for so many cycles."""
        if cycles:
            self.seconds[stage] = took_s / cycles

    def left_s(self, missing: Mapping[str, int]) -> float | None:
        """Time for cycles that are missing by stage; None while nothing has been measured in this run."""
        if not self.seconds:
            return None
        return sum(cycles * self._expected_s(stage) for stage, cycles in missing.items())

    def _expected_s(self, stage: str) -> float:
        """As measured, else as the last stage that held junctions, else guessed from the traces of the histogram."""
        if stage in self.seconds:
            return self.seconds[stage]
        held = [s for name, s in self.seconds.items() if name != "histogram"]
        if stage == "histogram":
            return min(self.seconds.values())
        return held[-1] if held else HOLD_IN_TRACES * self.seconds["histogram"]


def duration_text(seconds: float) -> str:
    """A duration as one would say it: "40 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
