"""Holds with their samples aligned with the programme of the bias."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.heating.holds import Hold
from analysis.heating.lag import USUAL_LAG, Alignment, align
from analysis.heating.layout import Layout, Roles, layout, period_starts, roles
from analysis.heating.programme import LevelProgramme
from analysis.records import FloatArray


@dataclass(frozen=True, eq=False)
class AlignedHold:
    """The samples of a hold from the beginning of the programme; arrays have shape (n,).

    Parameters
    ----------
    hold : Hold
    alignment : Alignment
    roles : Roles
        Distinct levels of the programme.
    plan : Layout
        Level of the programme at each sample.
    settled : ndarray of bool
        False within the mask around each edge.
    starts : ndarray of int, shape (periods + 1,)
        Index of each period's first sample in the arrays; outside them if it was not sampled.
    bias_V, current_A, thermocouple_V, railed : ndarray
        As in the hold.
    """

    hold: Hold
    alignment: Alignment
    roles: Roles
    plan: Layout
    settled: NDArray[np.bool_]
    starts: NDArray[np.int64]
    bias_V: FloatArray
    current_A: FloatArray
    thermocouple_V: FloatArray
    railed: NDArray[np.bool_]

    @property
    def periods(self) -> int:
        """Number of periods, complete or not."""
        return len(self.starts) - 1

    @property
    def whole(self) -> NDArray[np.bool_]:
        """True for each period that lies in the hold from its first to its last sample, shape (periods,)."""
        return (self.starts[:-1] >= 0) & (self.starts[1:] <= len(self.plan))

    def any_of(self, samples: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return True for each period that holds one of these samples, shape (periods,)."""
        return np.bincount(self.plan.period[samples], minlength=self.periods) > 0

    def thermometer_reads(self, kept: NDArray[np.bool_]) -> bool:
        """Return True if the thermometer has a value at all settled samples of these periods."""
        used = self.settled & kept[self.plan.period]
        return bool(np.isfinite(self.thermocouple_V[used]).all())

    @cached_property
    def current_A_by_period(self) -> FloatArray:
        """Mean current of each level and period, shape (roles, periods)."""
        return self.level_means(self.current_A)

    def level_means(self, values: FloatArray) -> FloatArray:
        """Return means over the settled samples of each level and period, shape (roles, periods); NaN without any."""
        cell = (self.plan.role * self.periods + self.plan.period)[self.settled]
        size = len(self.roles.bias_V) * self.periods
        count = np.bincount(cell, minlength=size)
        total = np.bincount(cell, values[self.settled], size)
        with np.errstate(invalid="ignore"):
            return (total / np.where(count, count, np.nan)).reshape(-1, self.periods)


def whole_periods(samples: int, programme: LevelProgramme, rate_Hz: float) -> int:
    """Return the number of whole periods in the first samples of a modulation, less the lag of the inputs."""
    return max(int((samples - USUAL_LAG) // programme.samples_per_period(rate_Hz)), 0)


def place(hold: Hold, mask_samples: int, lead_samples: int = 0) -> AlignedHold:
    """Align a hold with its programme, and mask samples after and before each edge of the looped back bias.

    Raises ``ValueError`` for a programme without the required levels (see `roles`).
    """
    distinct = roles(hold.programme)
    alignment = align(hold)
    begun = max(hold.samples[0] - alignment.origin, 0)
    skip = min(max(alignment.origin - hold.samples[0], 0), len(hold))
    stop = begun + len(hold) - skip
    plan = layout(hold.programme, hold.rate_Hz, stop).part(begun, stop)
    periods = int(plan.period[-1]) + 1 if len(plan) else 0
    return AlignedHold(
        hold=hold,
        alignment=alignment,
        roles=distinct,
        plan=plan,
        settled=(plan.since_edge >= mask_samples) & (plan.until_edge > lead_samples),
        starts=period_starts(hold.programme, hold.rate_Hz, periods) - begun,
        bias_V=hold.bias_V[skip:],
        current_A=hold.current_A[skip:],
        thermocouple_V=hold.thermocouple_V[skip:],
        railed=hold.railed[skip:],
    )
