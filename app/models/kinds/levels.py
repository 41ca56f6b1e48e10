"""``kind = "levels"``: incoherent sum of Breit-Wigner levels."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from analysis.buettiker.fit_family import ProbedFamily, Quantity
from analysis.fitting.families import Parameter, TransmissionFamily, level_family
from app.config.toml import Section
from app.models.fields import Drop, Free, Number, SameAs, Width
from app.models.floating import FloatingSection, probed_quantity
from app.models.kind import ModelContext, TransmissionSection, parameter_of

WIDTHS = ("gamma_probe_eV", "gamma_substrate_eV")


class LevelSection(Section):
    """A Breit-Wigner level. A width may name the other one ("gamma_probe_eV") to be equal to it."""

    energy_eV: Number
    gamma_probe_eV: Width
    gamma_substrate_eV: Width
    bias_drop: Drop | None = None

    @model_validator(mode="after")
    def _coupled(self) -> Self:
        widths = self.widths
        for key, width in widths.items():
            if isinstance(width, SameAs) and (width.key == key or isinstance(widths[width.key], SameAs)):
                raise ValueError(f"{key} = {width.key!r}: one of the two widths must be a number")
        if not any(isinstance(x, Free) or (isinstance(x, float) and x > 0) for x in widths.values()):
            raise ValueError("both widths are zero: the level couples to nothing")
        return self

    @property
    def widths(self) -> dict[str, Any]:
        """Both widths by their keys: a number, a free one, or `SameAs`."""
        return {key: getattr(self, key) for key in WIDTHS}


class LevelsSection(TransmissionSection):
    """``levels``: a list of `LevelSection`."""

    kind: Literal["levels"]
    levels: list[LevelSection] = Field(min_length=1)

    def family(self, context: ModelContext) -> TransmissionFamily:
        """Return levels with analytic derivatives."""
        shared = parameter_of("bias_drop", context.bias_drop, positive=False)
        rows: list[list[float | Parameter]] = []
        for number, level in enumerate(self.levels, start=1):
            of = f" of level {number}" if len(self.levels) > 1 else ""
            drop = (
                shared
                if level.bias_drop is None
                else parameter_of("bias_drop" + of, level.bias_drop, positive=False)
            )
            energy = parameter_of("energy_eV" + of, level.energy_eV, positive=False)
            probe, substrate = _tied(
                {
                    key: x if isinstance(x, SameAs) else parameter_of(key + of, x, positive=True)
                    for key, x in level.widths.items()
                }
            )
            rows.append([energy, probe, substrate, drop])
        return level_family(rows)

    def probed_family(self, context: ModelContext, floating: FloatingSection) -> ProbedFamily:
        """Return one level with a floating probe on it."""
        level = self.levels[0]
        if len(self.levels) != 1 or level.bias_drop not in (None, context.bias_drop):
            raise ValueError(
                "transmission.levels: a floating probe sits on one level that has no bias_drop of its own"
            )
        probe, substrate = _tied(
            {
                key: x if isinstance(x, SameAs) else probed_quantity(key, x, positive=True)
                for key, x in level.widths.items()
            }
        )
        energy: Quantity = probed_quantity("level_eV", level.energy_eV)
        return ProbedFamily(
            energy,
            probe,
            substrate,
            floating.width,
            floating_sites=floating.sites_of_each,
            bias_drop=context.bias_drop,  # type: ignore[arg-type]  # a number: probe_build has checked it
            reference_temperature_K=floating.temperature_K,
        )


def _tied(widths: dict[str, Any]) -> tuple[Any, Any]:
    """Return both widths; one that names the other is the same object."""
    probe, substrate = (widths[x.key] if isinstance(x, SameAs) else x for x in widths.values())
    return probe, substrate
