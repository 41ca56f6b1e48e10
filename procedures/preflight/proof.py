"""The proof itself: refuses a rig that is not as its file says, and tells what it could not prove."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from analysis.preflight.card import card_faults, rate_fault, rate_known
from analysis.preflight.measured import Reference
from analysis.preflight.outputs import own_output_remarks, rest_mismatches
from analysis.preflight.responses import Mismatch, Part
from analysis.preflight.scan import SCAN_RATE_Hz
from analysis.preflight.stray import cables_off, least_F
from analysis.preflight.verdict import JUNCTION_PATH, mismatches, not_proved, numbers
from procedures.context import ProcedureContext
from procedures.errors import CardFault, CurrentInputFault, LoopBackFault, ProcedureFault, ThermometerFault
from procedures.preflight.rate import rate_polls
from procedures.preflight.stimuli import at_rest, measure, own_steps, wired_V
from procedures.preflight.stray import measure_stray
from procedures.preflight.survey import Survey

FAULTS: Mapping[Part, type[ProcedureFault]] = {
    Part.LOOP_BACK: LoopBackFault,
    Part.CURRENT: CurrentInputFault,
    Part.THERMOMETER: ThermometerFault,
}

STRAY = "stray capacitance F"
"""Name, in the numbers of a proof, of the capacitance between sample and probe."""

REFERENCE = "card reference V"
"""Name of the reading of the card's own reference."""

RATE_UNKNOWN = (
    "sample rate to 0.1 %: the card does not keep this computer's time, or the computer is too busy to tell"
)

WHOLE, SHORT, NONE = "whole", "short", "none"


@dataclass(frozen=True)
class Proof:
    """Result of a proof that found nothing wrong.

    Parameters
    ----------
    form : str
        "whole", "short" (after a whole one of the same day), or "none" if the user skipped it.
    why : str
        Reason for the form.
    current : bool
        True if the current input was seen to work.
    numbers : mapping of str to float
        Measured values by name, SI units.
    not_proved : tuple of str
        What could not be shown.
    contact : str
        Last contact that proved the cables of sample and probe, "" if none is known.
    rest_V : mapping of str to float
        Wired inputs before anything moved: the offsets of the loop-backs.
    """

    form: str
    why: str = ""
    current: bool = False
    numbers: Mapping[str, float] = field(default_factory=dict)
    not_proved: tuple[str, ...] = ()
    contact: str = ""
    rest_V: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the proof for the recording."""
        return {"sentence": self.sentence, **asdict(self), "not_proved": list(self.not_proved)}

    @property
    def sentence(self) -> str:
        """Sentence for the user: form and reason."""
        if self.form == NONE:
            return f"NOT PROVED: {self.why}"
        form = {WHOLE: "in full", SHORT: "in short"}[self.form]
        return f"The rig was proved {form} ({self.why})." if self.why else f"The rig was proved {form}."


class Preflight(Protocol):
    """Proof of a rig before the first motion of a run."""

    def __call__(self, context: ProcedureContext, should_stop: Callable[[], bool]) -> Proof:
        """Prove the rig, whose tip is retracted and whose acquisition is stopped.

        Raises
        ------
        ProcedureFault
            If it is not as the rig file says; the message names cable, instrument and remedy.
        """
        ...


@dataclass(frozen=True)
class Unproved:
    """Skip the proof, for a reason that the user gives and the recording states."""

    reason: str

    def __call__(self, context: ProcedureContext, should_stop: Callable[[], bool]) -> Proof:
        """Return a proof of nothing, with the inputs at rest."""
        with context.daq.all_terminals(SCAN_RATE_Hz) as scan:
            rest = at_rest(context, Survey(scan, lambda: None, should_stop))
        why, rest_V = f"skipped by the user: {self.reason}", wired_V(context, rest)
        return Proof(NONE, why, not_proved=("anything",), rest_V=rest_V)


@dataclass(frozen=True)
class Prove:
    """Prove the rig, in the whole or in the short form.

    Parameters
    ----------
    whole : bool
    why : str
        Reason for the form.
    contact : str
        Last contact that proved the cables of sample and probe.
    reference : Reference
        Numbers of an earlier proof.
    unproved : tuple of str
        What no response of the rig can show, as clauses.
    check : callable
        Called before every scan, for what must be true meanwhile (the watchdog lives).
    keep : callable
        Called with the proof of a right rig.
    """

    whole: bool = True
    why: str = ""
    contact: str = ""
    reference: Reference = field(default_factory=Reference)
    unproved: tuple[str, ...] = ()
    check: Callable[[], None] = lambda: None
    keep: Callable[[Proof], None] = lambda proof: None

    def __call__(self, context: ProcedureContext, should_stop: Callable[[], bool]) -> Proof:
        """Drive the stimuli and judge; a rig that seems wrong is measured again before it is refused."""
        with context.daq.all_terminals(SCAN_RATE_Hz) as scan:
            survey = Survey(scan, self.check, should_stop)
            try:
                proof = self._proof(context, survey)
            except tuple(FAULTS.values()):
                proof = self._proof(context, survey)
        if self.whole:
            proof = self._with_card(context, proof)
        proof = self._with_cables(context, proof, should_stop)
        self.keep(proof)
        return proof

    def _with_card(self, context: ProcedureContext, proof: Proof) -> Proof:
        """Let the card read its own reference and ground, and compare its sample clock with the computer's."""
        seen_V = context.daq.own_reference()
        polls, rate_Hz = rate_polls(context), context.rate_Hz
        wrong = rate_fault(polls, rate_Hz) if context.facts.keeps_time else ""
        found = [*card_faults(seen_V, self.reference.reference_V), wrong]
        if any(found):
            raise CardFault(" ".join(filter(None, found)))
        unknown = () if context.facts.keeps_time and rate_known(polls, rate_Hz) else (RATE_UNKNOWN,)
        own = {REFERENCE: seen_V["reference"]} if seen_V else {}
        return replace(proof, numbers={**proof.numbers, **own}, not_proved=(*proof.not_proved, *unknown))

    def _with_cables(self, context: ProcedureContext, proof: Proof, should_stop: Callable[[], bool]) -> Proof:
        """Prove the cables of sample and probe by their capacitance, where the rig file wants that."""
        if not context.least_stray_F or context.facts.resistor:
            return proof
        wanted_F = least_F(context.least_stray_F, self.reference.stray_F)
        found = measure_stray(context, wanted_F, self.check, should_stop)
        if found is None:
            return proof
        if found.misses(wanted_F):
            raise CurrentInputFault(cables_off(found, wanted_F, self.reference.stray_F, context.facts))
        left = [one for one in proof.not_proved if not one.startswith(JUNCTION_PATH)]
        return replace(
            proof,
            numbers={**proof.numbers, STRAY: found.capacitance_F, f"error of the {STRAY}": found.error_F},
            not_proved=tuple(left) if found.shows(wanted_F) else proof.not_proved,
            current=proof.current or found.shows(wanted_F),
        )

    def _proof(self, context: ProcedureContext, survey: Survey) -> Proof:
        facts = replace(context.facts, reference=self.reference)
        rest = at_rest(context, survey)
        shown_V = {terminal: found.mean_V for terminal, found in rest.items()}
        _refuse(rest_mismatches(shown_V, {"bias": 0.0, "z": context.safe_z_V}, facts.wiring))
        measured = measure(context, survey, rest, whole=self.whole)
        found = mismatches(measured, facts)
        if any(one.part is Part.LOOP_BACK for one in found):
            found += own_output_remarks(own_steps(context), facts.wiring)
        _refuse(found)
        return Proof(
            form=WHOLE if self.whole else SHORT,
            why=self.why,
            current=measured.test_current_V is not None,
            numbers=numbers(measured, facts),
            not_proved=(*not_proved(measured, facts, self.contact), *self.unproved),
            contact=self.contact,
            rest_V=wired_V(context, rest),
        )


def _refuse(found: list[Mismatch]) -> None:
    """Raise the fault of the first mismatch, with the sentences of all."""
    if found:
        raise FAULTS[found[0].part](" ".join(mismatch.text for mismatch in found))
