"""Widths that couple the sites of a molecule to a lead or a probe: given for each site, or in total."""

from typing import Any, ClassVar, Final, Literal, Self

from pydantic import model_validator

from app.config.toml import Section
from app.models.fields import Free, Positive

PER_SITE: Final = "gamma_per_site_eV"
TOTAL: Final = "gamma_total_eV"


class Coupling(Section):
    """Section with a width: ``gamma_per_site_eV`` is that of each site, ``gamma_total_eV`` their sum.

    ``gamma_eV``, which older files have, meant one in some sections and the other in others.
    """

    gamma_per_site_eV: Positive = None
    gamma_total_eV: Positive = None

    old_gamma: ClassVar[Literal["gamma_per_site_eV", "gamma_total_eV"]]

    @model_validator(mode="before")
    @classmethod
    def _without_old_key(cls, content: Any) -> Any:
        if isinstance(content, dict) and "gamma_eV" in content:
            meant = "the width of each site" if cls.old_gamma == PER_SITE else "the sum over its sites"
            raise ValueError(f"gamma_eV is now called {cls.old_gamma}: here it meant {meant}")
        return content

    @model_validator(mode="after")
    def _one_width(self) -> Self:
        if (self.gamma_per_site_eV is None) == (self.gamma_total_eV is None):
            raise ValueError(f"give {PER_SITE}, the width of each site, or {TOTAL}, their sum, and not both")
        return self

    @property
    def gamma_key(self) -> str:
        """Key of the width that is given."""
        return TOTAL if self.gamma_per_site_eV is None else PER_SITE

    @property
    def gamma(self) -> float | Free:
        """Width that is given, in eV."""
        width: float | Free = getattr(self, self.gamma_key)
        return width

    def per_site(self, width_eV: float, sites: int) -> float:
        """Return the width of each site in eV, for a value of the key that is given."""
        return width_eV if self.gamma_total_eV is None else width_eV / sites

    def free_per_site(self, sites: int) -> float | Free:
        """Return the width of each site, fixed or free.

        Raises
        ------
        ValueError
            For a total of several sites.
        """
        if self.gamma_total_eV is not None and sites > 1:
            raise ValueError(
                f"{TOTAL}: a fit with a floating probe gives the width of each site: use {PER_SITE}"
            )
        return self.gamma
