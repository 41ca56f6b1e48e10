"""Numbers quoted in the paper compared with its junctions, in linear response and beyond."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from app.models.fields import digits
from app.models.probe_circuit import CircuitSettings
from app.paper.setups import (
    COUPLING,
    PRINTED_THERMAL,
    SYMMETRIC,
    THERMAL,
    Pair,
    Setup,
    STEP_eV,
    both_probes,
)

ELECTRONIC, OPEN = CircuitSettings(), CircuitSettings(kind="open")
MAXIMUM = "largest |100 (VTP - VP)/VP| along the sweep, current into R"
AT_NODE = "100 (VTP - VP)/VP at the node, current into R"
SEEBECK = "largest |S_VTP - S_VP| over largest |S_VTP| along the sweep (not point by point: S crosses zero)"
_NEAR = 0.03


@dataclass(frozen=True, eq=False)
class Quoted:
    """One number of the paper, and its calculation.

    ``bound`` is the paper's word before it; ``value`` its size in per cent, to ``decimals`` of it.
    """

    figure: str
    what: Literal["charge", "heat", "S"]
    bound: Literal["", "<", ">", "about"]
    value: float
    decimals: int
    setup: Setup
    circuit: CircuitSettings = ELECTRONIC
    sweep: Literal["node", "sweep", "coarse sweep"] = "sweep"
    note: str = ""

    @property
    def text(self) -> str:
        """The number as quoted."""
        return f"{self.bound} {self.value:,.{self.decimals}f} %".strip()

    @property
    def definition(self) -> str:
        """Definition of the number on the sweep."""
        return SEEBECK if self.what == "S" else AT_NODE if self.sweep == "node" else MAXIMUM


@dataclass(frozen=True)
class SweepExtreme:
    """Extreme of a sweep: per cent, its alignment, and for S the difference VTP minus VP."""

    percent: float
    at_eV: float
    difference_V_per_K: float = float("nan")


@dataclass(frozen=True, eq=False)
class Number:
    """A quoted number and the calculated ones: on the sweep, between its points, and non-linearly."""

    quoted: Quoted
    found: SweepExtreme
    fine: SweepExtreme
    nonlinear: SweepExtreme

    @property
    def verdict(self) -> Literal["matched", "near", "not matched"]:
        """Agreement: "matched" (bound kept, or equal to the digits quoted), "near" (within 3 %), "not matched"."""
        q, size = self.quoted, abs(self.found.percent)
        kept = {"<": size < q.value, ">": size > q.value}.get(q.bound, round(size, q.decimals) == q.value)
        if kept:
            return "matched"
        return "near" if abs(size - q.value) <= _NEAR * q.value else "not matched"

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON, every number to 15 digits."""
        q = self.quoted
        row = {
            "figure": q.figure,
            "quantity": q.what,
            "circuit": q.circuit.kind,
            "quoted": q.text,
            "quoted_percent": q.value,
            "obtained_percent": digits(self.found.percent),
            "at_eV": digits(self.found.at_eV),
            "fine_grid_percent": digits(self.fine.percent),
            "fine_grid_at_eV": digits(self.fine.at_eV),
            "nonlinear_percent": digits(self.nonlinear.percent),
            "nonlinear_at_eV": digits(self.nonlinear.at_eV),
            "verdict": self.verdict,
            "step_eV": {"node": None, "sweep": digits(STEP_eV), "coarse sweep": digits(2 * STEP_eV)}[q.sweep],
            "definition": q.definition,
            "parameters": q.setup.to_json(),
            "note": q.note,
        }
        if q.what == "S":
            row["difference_V_per_K"] = digits(self.found.difference_V_per_K)
            row["nonlinear_difference_V_per_K"] = digits(self.nonlinear.difference_V_per_K)
        return row


def numbers() -> Iterator[Number]:
    """Yield every quoted number, in the order of the figures."""
    for q in QUOTED:
        fine, beyond = "node" if q.sweep == "node" else "fine sweep", replace(q.circuit, regime="nonlinear")
        yield Number(
            q,
            measure(q, both_probes(q.setup, q.circuit, q.sweep)),
            measure(q, both_probes(q.setup, q.circuit, fine)),
            measure(q, both_probes(q.setup, beyond, q.sweep)),
        )


def measure(quoted: Quoted, pair: Pair) -> SweepExtreme:
    """Return the quoted extreme of a junction solved along a sweep."""
    if quoted.what == "S":
        difference, scale = pair.seebeck_difference_V_per_K, np.abs(pair.thermalised.seebeck_V_per_K).max()
        at = int(np.argmax(np.abs(difference)))
        most = float(difference[at])
        return SweepExtreme(100 * abs(most) / float(scale), float(pair.alignment_eV[at]), most)
    errors = pair.heat_error_percent if quoted.what == "heat" else pair.charge_error_percent
    at = int(np.nanargmax(np.abs(errors)))
    return SweepExtreme(float(errors[at]), float(pair.alignment_eV[at]))


_T_R = (
    "the caption's T_R = 275 K gives 49.7 % (the next line); 36,204 % needs T_R = T_P = 300 K, the case in which the "
    "text says that the node does not depend on the probe"
)
_STRONG = "with Gamma_P = 0.5 eV, not the 0.05 eV of the other figures"

QUOTED = (
    Quoted("1", "charge", "<", 2.5, 1, SYMMETRIC, note="between the points of the sweep it is slightly more"),
    Quoted("1", "heat", "<", 8.0, 0, SYMMETRIC, note="between the points of the sweep it exceeds 8 %"),
    Quoted("2a", "heat", ">", 36204.0, 0, THERMAL, note=_T_R),
    Quoted("2a", "heat", ">", 36204.0, 0, PRINTED_THERMAL, note="as printed, T_R = 275 K"),
    Quoted("2b", "heat", "", 33.3, 1, COUPLING, note="quoted as -33.3 %: the paper's sign here is VP - VTP"),
    Quoted(
        "2b", "heat", "", 33.3, 1, COUPLING, sweep="node", note="eq. 34 is a limit for small widths and kT"
    ),
    Quoted(
        "4a",
        "heat",
        "<",
        4.5,
        1,
        SYMMETRIC,
        OPEN,
        note="not matched, and not explained; Gamma_P = 0.0395 eV would give 4.5 % (the next line)",
    ),
    Quoted(
        "4a",
        "heat",
        "<",
        4.5,
        1,
        replace(SYMMETRIC, gamma_probe_eV=0.0395),
        OPEN,
        note="with Gamma_P = 0.0395 eV; no reason for that value is known",
    ),
    Quoted(
        "4b",
        "heat",
        ">",
        14723.0,
        0,
        THERMAL,
        OPEN,
        "node",
        "T_P = T_R; 100 kappa_s/kappa_RL, whatever the bias",
    ),
    Quoted("4c", "heat", "about", 40.0, 0, replace(COUPLING, gamma_probe_eV=0.5), OPEN, note=_STRONG),
    Quoted(
        "4c", "heat", "", 33.3, 1, replace(COUPLING, gamma_probe_eV=0.5), OPEN, "node", "a limit, as in 2b"
    ),
    Quoted(
        "4c",
        "heat",
        "about",
        40.0,
        0,
        COUPLING,
        OPEN,
        note="with Gamma_P = 0.05 eV no peak stands off the node",
    ),
    Quoted("5", "S", "", 7.3, 1, SYMMETRIC, OPEN),
    Quoted("5", "S", "", 16.3, 1, THERMAL, OPEN, note="T_R = T_P = 300 K, as in 2a"),
    Quoted(
        "5",
        "S",
        "",
        37.1,
        1,
        replace(COUPLING, gamma_probe_eV=0.5),
        OPEN,
        note=f"{_STRONG}; 37.7 % on twice the step",
    ),
    Quoted("5", "S", "", 37.1, 1, COUPLING, OPEN, note="with Gamma_P = 0.05 eV"),
    Quoted(
        "6a", "charge", "", 0.0, 0, replace(THERMAL, flat=True), note="exactly 0 by the mirror of the ring"
    ),
    Quoted("6a", "heat", "about", 20200.0, 0, replace(THERMAL, flat=True), note="T_R = T_P = 300 K"),
    Quoted(
        "6b",
        "charge",
        "about",
        0.6,
        1,
        replace(COUPLING, flat=True),
        sweep="coarse sweep",
        note=f"on steps of {2 * STEP_eV:g} eV; 0.734 % on half the step",
    ),
    Quoted("6b", "heat", "", 33.3, 1, replace(COUPLING, flat=True), note="a limit, as in 2b"),
)
