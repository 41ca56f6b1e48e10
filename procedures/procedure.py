"""Base of every procedure: a PyMeasure ``Procedure`` whose work is a plan of steps."""

from abc import abstractmethod
from collections.abc import Generator, Mapping
from copy import copy
from difflib import get_close_matches
from typing import Any, Self, TypeVar

from analysis.records import Event, EventKind
from analysis.spectra.demodulated import Points
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.parameters import read
from procedures.pymeasure_types import Parameter, Procedure
from procedures.steps import Outcome, Step

UNIT_SUFFIX = {
    "nm": "_nm",
    "nm/s": "_nm_per_s",
    "mV": "_mV",
    "V": "_V",
    "A": "_A",
    "G_0": "_G0",
    "s": "_s",
    "Hz": "_Hz",
    "ohm": "_ohm",
    "eV": "_eV",
    "uV/K": "_uV_per_K",
    "pW/K": "_pW_per_K",
    "uW": "_uW",
    "K": "_K",
}
"""Suffix of a parameter's name in a recording, by its unit; counting units (traces) have none."""

Result = TypeVar("Result")
Steps = Generator[Step, Outcome, Result]
"""Part of a plan: yields steps, receives their outcomes, returns a result."""

Plan = Steps[None]


class RigProcedure(Procedure):
    """Parameters with units and bounds (PyMeasure), a check against the rig, and a plan.

    PyMeasure's input forms and sequencers work on its ``Parameter``s. PyMeasure's Worker, ManagedWindow and Results are
    not used: the runner interprets ``plan``, and the recording replaces their columns of numbers.
    """

    name: str
    """Name on the command line and in recordings."""

    pace_scatter: float = 0.05
    """Relative scatter of the time of one cycle, for the time left."""

    drives: bool = True
    """True if the procedure applies a bias or moves the tip; the rig is then proved first."""

    resistor: bool = False
    """True if a resistor may stand in for the junction: the current then follows the bias with the tip retracted."""

    thermometer: bool = False
    """True if it is about the thermocouple: a thermometer that falls silent then ends the run."""

    repeats: str
    """Name of the parameter that holds the number of cycles."""

    cycle: str
    """Name of the mark that ends a cycle; progress is counted by it."""

    label: str
    """Name in the window; by default made from `name`."""

    offered: bool = True
    """True if the form of the window lists the procedure."""

    evaluated_as: str = "traces"
    """Evaluation of its recordings: "traces" (histograms), "iv", "heating", "peltier" and so on."""

    views: tuple[str, ...] = ("Histogram",)
    """Titles of the views that its data fill; the first is raised when a run starts."""

    distinguished_by: tuple[str, ...] = ()
    """Parameters that tell one run in a queue from another, in order of preference."""

    presets: Mapping[str, Mapping[str, Any]] = {}
    """Settings that the form offers by name, besides those for the junctions of Lee et al."""

    keeps: tuple[str, ...] = ()
    """Parameters that a preset for all procedures leaves alone."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Make a label for a class that has a name but no label of its own."""
        super().__init_subclass__(**options)
        if "name" in vars(cls) and "label" not in vars(cls):
            cls.label = cls.name.replace("control ", "control: ").replace("-", " ").capitalize()

    def _update_parameters(self) -> None:
        """Give this procedure parameters of its own; they share what never changes with those of its class.

        PyMeasure copies all that is in them, and looks for them among all members of the class: ten times as long.
        """
        kind = type(self)
        names = {
            name for base in kind.__mro__ for name, one in vars(base).items() if isinstance(one, Parameter)
        }
        named = {name: getattr(kind, name) for name in sorted(names)}
        self._parameters = {name: copy(one) for name, one in named.items() if isinstance(one, Parameter)}
        for name, parameter in self._parameters.items():
            setattr(self, name, parameter.value if parameter.is_set() else None)

    @property
    def rate_Hz(self) -> float:
        """Samples per second and channel of the run; 0 for those of the rig file."""
        return 0.0

    @property
    def points(self) -> Points | None:
        """Points of a lock-in that the recording keeps; None to keep all samples."""
        return None

    @property
    def typical_G0(self) -> float:
        """Conductance of a successful check, in G0; a dry run gives it to the plan."""
        return float("nan")

    @property
    def total_cycles(self) -> int:
        """Number of cycles in a whole run."""
        return int(getattr(self, self.repeats))

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate how long a run takes, in s, from its speeds and times; NaN where they don't determine it."""
        return float("nan")

    def starts_s(self, context: ProcedureContext) -> float:
        """Estimate the part of `duration_s` before the first cycle, in s."""
        return 0.0

    def counts(self, event: Event) -> bool:
        """Return True if an event ends a cycle; a mark with payload ``{"counts": False}`` does not."""
        return (
            event.kind is EventKind.MARK
            and event.name == self.cycle
            and bool(event.payload.get("counts", True))
        )

    @classmethod
    def recorded_cycles(cls, parameters: Mapping[str, Any]) -> int | None:
        """Return the number of cycles of a run from the parameters in its recording; None if they do not tell."""
        value = parameters.get(cls.repeats)
        return None if value is None else int(value)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Return a procedure with some parameters set, the others at their defaults.

        Raises
        ------
        ImpossibleSetting
            For an unknown name or a value out of bounds. Names the parameter, the value and the bound.
        """
        procedure = cls()
        parameters = procedure.parameter_objects()
        for name, value in values.items():
            if name not in parameters:
                near = get_close_matches(name, parameters, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(parameters)}"
                raise ImpossibleSetting(f"{cls.name} has no parameter {name!r}; {hint}")
            try:
                procedure.set_parameters({name: read(parameters[name], value)})
            except ValueError as error:
                written = " ".join(map(str, value)) if isinstance(value, list | tuple) else repr(value)
                raise ImpossibleSetting(f"{name} = {written}: {error}.", name) from None
        return procedure

    def values(self) -> dict[str, Any]:
        """Return every parameter's value by its name with unit ("withdraw_speed_nm_per_s"), for the recording."""
        return {
            name + UNIT_SUFFIX.get(getattr(parameter, "units", None) or "", ""): getattr(self, name)
            for name, parameter in self.parameter_objects().items()
        }

    @classmethod
    def recorded_values(cls, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """Return values for `from_values` from the parameters of a recording, whose names carry units."""
        procedure = cls()
        named = zip(procedure.parameter_objects(), procedure.values(), strict=True)
        return {name: recorded[with_unit] for name, with_unit in named if with_unit in recorded}

    def execute(self) -> None:
        """Raise ``NotImplementedError``: PyMeasure's Worker would report an empty run as finished."""
        raise NotImplementedError(
            f"PyMeasure's Worker can't run {self.name}: a run needs a rig file, a recording and a guard. Use "
            "hotjunction run, or queue it on a bench that serves (BenchClient.queue_add)."
        )

    @abstractmethod
    def check(self, context: ProcedureContext) -> None:
        """Check the parameters against the rig. Raises ``ImpossibleSetting`` before anything moves."""

    def remarks(self, context: ProcedureContext) -> list[str]:
        """Return sentences on settings that work but not well, for the user before a run; [] by default."""
        return []

    @abstractmethod
    def plan(self, context: ProcedureContext) -> Plan:
        """Yield the steps of the run; each ``yield`` returns the step's ``Outcome``."""
