"""Section ``floating_probe`` of a model file, and the quantities of a fit with such a probe."""

from pydantic import Field

from analysis.buettiker.fit_family import Quantity
from analysis.fitting.families import Parameter
from app.models.coupling import PER_SITE, Coupling
from app.models.fields import Free, Kelvin


class FloatingSection(Coupling):
    """A Buettiker probe for a fit that compares none, voltage and voltage-temperature probes.

    ``sites`` it touches, counted from 1, or a list of such lists: several probes of one width.
    ``temperature_K`` is what a voltage probe keeps; the mean of both electrodes if absent.
    """

    sites: list[int] | list[list[int]] = Field(default=[1], min_length=1)
    temperature_K: Kelvin | None = None

    old_gamma = PER_SITE

    @property
    def sites_of_each(self) -> tuple[tuple[int, ...], ...]:
        """Sites of each probe."""
        rows = [(x,) if isinstance(x, int) else tuple(x) for x in self.sites]
        one_probe = all(isinstance(x, int) for x in self.sites)
        return (tuple(site for row in rows for site in row),) if one_probe else tuple(rows)

    @property
    def width(self) -> Quantity:
        """Width of each site, fixed or free."""
        return probed_quantity(
            "gamma_floating_eV", self.free_per_site(max(map(len, self.sites_of_each))), positive=True
        )


def probed_quantity(name: str, value: float | Free, positive: bool = False) -> Quantity:
    """Return a number, or a free one as a parameter; a positive one stays above zero."""
    if not isinstance(value, Free):
        return value
    least = 1e-7 if positive and value.minimum == 0 else value.minimum
    if positive and value.start <= least:
        raise ValueError(f"{name}: start = {value.start:g} must be above zero")
    return Parameter(name, value.start, least, value.maximum, logarithmic=positive)
