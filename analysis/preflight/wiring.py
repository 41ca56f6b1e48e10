"""Roles of the card's terminals, and their names in messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

INPUT_ROLES = {
    "bias": "bias loop-back",
    "z": "z loop-back",
    "current": "current input",
    "thermocouple": "thermocouple input",
}


@dataclass(frozen=True)
class Wiring:
    """Terminals by role, as the rig file gives them.

    Parameters
    ----------
    terminals : mapping of str to str
        Inputs by role ("current" -> "ai0"), outputs as "bias output".
    """

    terminals: Mapping[str, str] = field(default_factory=dict)

    def input(self, role: str) -> str:
        """Return the name of an input: "bias loop-back (ai2)"."""
        return f"{INPUT_ROLES.get(role, role)} ({self.terminals.get(role, 'terminal unknown')})"

    def output(self, role: str) -> str:
        """Return the name of an output: "bias output (ao0)"."""
        return f"{role} output ({self.terminals.get(f'{role} output', 'terminal unknown')})"

    def at(self, terminal: str) -> str:
        """Return the name of an input terminal: "current input (ai0)", or "ai6" for one that is not wired."""
        role = next((role for role in INPUT_ROLES if self.terminals.get(role) == terminal), None)
        return terminal if role is None else self.input(role)
