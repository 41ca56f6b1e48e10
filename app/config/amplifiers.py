"""Registry of the amplifiers that a rig file can name: ``model = "sr560"`` in its table.

One line ties a driver to its simulated instrument, by class or, imported at first use, as "module:Class".
docs/how-to/add-a-driver.md shows how to add one.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from typing import Any, cast

from analysis.registry import Registry
from app.plugins import load_plugins
from drivers.amplifier import Amplifier

CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER = "current_amplifier", "voltage_preamplifier"
ROLES = {
    CURRENT_AMPLIFIER: ("gain_V_per_A", "rise_time_s"),
    VOLTAGE_PREAMPLIFIER: ("gain", "lowpass_Hz"),
}
"""Tables of the rig file that name an amplifier, with the keys that every model must have."""

DEFAULTS = {CURRENT_AMPLIFIER: "keithley428", VOLTAGE_PREAMPLIFIER: "sr560"}
"""Models of a rig file that names none."""


class AmplifierError(ValueError):
    """Unknown model of an amplifier, or a driver that can't be used as one. The message is for the user."""


@dataclass(frozen=True)
class AmplifierModel:
    """A registered amplifier: its driver and its simulated instrument."""

    role: str
    model: str
    driver_at: Any = field(repr=False)
    simulator_at: Any = field(repr=False)

    @cached_property
    def driver(self) -> type[Amplifier]:
        """Driver's class. Raises ``AmplifierError`` for one without the keys of its role."""
        driver = cast(type[Amplifier], _imported(self.driver_at))
        names = {one.name for one in fields(driver.Keys)}
        missing = [name for name in ROLES[self.role] if name not in names]
        if missing:
            raise AmplifierError(
                f"{self.role} {self.model!r}: {driver.__name__}.Keys has no {' and no '.join(missing)}, "
                f"which every {self.role.replace('_', ' ')} needs"
            )
        return driver

    @property
    def simulator(self) -> Any:
        """Class of the simulated instrument, called with (parameters, rng)."""
        return _imported(self.simulator_at)

    @property
    def keys(self) -> tuple["Field[Any]", ...]:
        """Keys of its table in the rig file."""
        return fields(self.driver.Keys)


def _imported(at: Any) -> Any:
    if not isinstance(at, str):
        return at
    module, _, name = at.partition(":")
    return getattr(import_module(module), name)


BUILT_IN = (
    (
        CURRENT_AMPLIFIER,
        "keithley428",
        "keithley428:Keithley428",
        "keithley428.instrument:SimulatedKeithley428",
    ),
    (CURRENT_AMPLIFIER, "dlpca200", "dlpca200:DLPCA200", "dlpca200:SimulatedDLPCA200"),
    (CURRENT_AMPLIFIER, "sr570", "sr570:SR570", "sr570:SimulatedSR570"),
    (
        CURRENT_AMPLIFIER,
        "manual",
        "manual_amplifier:ManualCurrentAmplifier",
        "manual_amplifier:SimulatedManualCurrentAmplifier",
    ),
    (VOLTAGE_PREAMPLIFIER, "sr560", "sr560:SR560", "sr560.instrument:SimulatedSR560"),
    (
        VOLTAGE_PREAMPLIFIER,
        "manual",
        "manual_amplifier:ManualPreamplifier",
        "manual_amplifier:SimulatedManualPreamplifier",
    ),
)
"""Role, model, driver (in `drivers`) and simulated instrument (in `simulators`), imported at first use."""


class _Amplifiers(Registry[AmplifierModel]):
    """Amplifiers of one role, by model."""

    def __init__(self, role: str) -> None:
        self._ours = {
            model: AmplifierModel(role, model, f"drivers.{driver}", f"simulators.{simulator}")
            for of_role, model, driver, simulator in BUILT_IN
            if of_role == role
        }
        super().__init__(role.replace("_", " "), {model: ("", model) for model in self._ours})

    def __getitem__(self, name: str) -> AmplifierModel:
        """Return a model. Raises ``KeyError``."""
        return self._ours[name] if name in self._ours else super().__getitem__(name)


REGISTRIES: dict[str, Registry[AmplifierModel]] = {role: _Amplifiers(role) for role in ROLES}
"""Amplifiers by role and model."""


def register(role: str, model: str, driver: Any, simulator: Any) -> None:
    """Make an amplifier known under the name that rig files give as ``model``.

    Parameters
    ----------
    role : str
        ``CURRENT_AMPLIFIER`` or ``VOLTAGE_PREAMPLIFIER``.
    model : str
    driver, simulator : type or str
        The class, or "module:Class".

    Raises
    ------
    ValueError
        For another role, a name that is taken, or (if ``driver`` is the class) a driver without the keys of its role.
    """
    if role not in ROLES:
        raise AmplifierError(f"{role!r} is not one of {', '.join(ROLES)}")
    entry = AmplifierModel(role, model, driver, simulator)
    if not isinstance(driver, str):
        entry.driver  # noqa: B018 - a driver that can't be used is refused now, and not with the first rig file
    REGISTRIES[role].register(model, entry)


def amplifier_model(role: str, model: str) -> AmplifierModel:
    """Return a registered amplifier, of a plug-in too. Raises ``AmplifierError``, which proposes the nearest name."""
    registry = REGISTRIES[role]
    if model not in registry:
        load_plugins()  # a process that was not started by the command line has not done so yet
    if model not in registry:
        near = get_close_matches(model, list(registry), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(registry))}"
        raise AmplifierError(f"{role}.model = {model!r}: unknown {registry.kind}; {hint}")
    return registry[model]


def model_of(rig: Any, role: str) -> AmplifierModel:
    """Return the registered amplifier that a rig names."""
    return amplifier_model(role, getattr(rig, role).model)


def named_model(content: Mapping[str, Any], role: str) -> str:
    """Return the model that a rig file's content, perhaps of a time before models, names for a role."""
    table = content.get(role)
    model = table.get("model") if isinstance(table, Mapping) else None
    return model if isinstance(model, str) else DEFAULTS[role]
