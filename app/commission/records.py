"""Record of a commissioning in the calibration store."""

from datetime import UTC, datetime
from importlib.metadata import version
from math import isfinite

from app.acquisition.proofs import gains_of
from app.commission.registry import STEPS
from app.commission.session import WATCHDOG, Session
from app.commission.state import State
from app.config.calibration_store import CommissionRecord, store_of


def _when(state: State, number: int) -> datetime | None:
    """Return when a step passed; None if it has not."""
    done = state.steps.get(number)
    return datetime.fromisoformat(done.when) if done and done.when and state.passed(number) else None


def save_record(session: Session, state: State, verdict: str) -> None:
    """Save the verdicts of whole and steps, and all numbers, for `hotjunction check` and the headers of runs.

    Raises ``FileError``.
    """
    record = CommissionRecord(
        date=datetime.now(UTC),
        method=f"hotjunction commission, {session.resistance_ohm:g} ohm",
        recording=session.folder.name,
        rig_file=state.rig,
        card=int(state.facts.get("card", 0)),
        program=f"hotjunction {version('hotjunction')}",
        verdict=verdict,
        rig_settings=gains_of(session.rig()),
        watchdog_tested=_when(state, WATCHDOG),
        verdicts={str(number): str(done.judgement.verdict) for number, done in sorted(state.steps.items())},
        numbers={
            STEPS[number].record: {
                **{
                    f"{one.name} {one.unit}".strip(): float(one.value)
                    for one in done.judgement.numbers
                    if isfinite(one.value)  # a step that was not seen has no size
                },
                **{
                    name: value
                    for matrix in done.judgement.matrices
                    for name, value in matrix.numbers.items()
                },
            }
            for number, done in sorted(state.steps.items())
            if done.judgement.numbers and STEPS[number].record
        },
    )
    store_of(session.rig_file, session.rig()).save(record)
