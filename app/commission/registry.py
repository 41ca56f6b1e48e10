"""All steps of a commissioning, by number. Another step is one entry in a module's ``STEPS``."""

from app.commission import amplifiers, ghosts, inputs, link, outputs, safety, surface, wiring
from app.commission.step import Step

STEPS: dict[int, Step] = {
    step.number: step
    for module in (wiring, outputs, amplifiers, ghosts, inputs, safety, link, surface)
    for step in module.STEPS
}
STEPS = dict(sorted(STEPS.items()))


def chosen(text: str, stage: int) -> list[Step]:
    """Return the steps of "1-5,9"; "" means all up to a stage.

    Raises
    ------
    ValueError
        For a text that names no steps.
    """
    if not text:
        return [step for step in STEPS.values() if step.stage <= stage]
    numbers: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            numbers |= set(range(int(first), int(last or first) + 1))
        except ValueError:
            raise ValueError(f"{part!r} is neither a step nor a range of steps, such as 3 or 1-5") from None
    unknown = numbers - set(STEPS)
    if unknown or not numbers:
        raise ValueError(
            f"there is no step {', '.join(map(str, sorted(unknown)))}; there are 1 to {max(STEPS)}"
        )
    return [STEPS[number] for number in sorted(numbers) if STEPS[number].stage <= stage]
