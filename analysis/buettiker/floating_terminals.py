"""Stationary states of floating terminals: chemical potentials and temperatures at which their currents vanish.

Flat transmissions have a closed solution: Kirchhoff's laws for mu, and by Wiedemann and Franz
U = mu^2/2 + (pi k T)^2/6 diffuses as mu does. Newton's method starts from it, on mu and (kT)^2. Where it
fails, bias and temperature differences are raised from zero in steps, each starting from the previous one.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.buettiker.coordinates import Coordinates, Indices, Natural, Squares
from analysis.buettiker.errors import ProbeError, RunawayProbe, UncoupledProbe, UnsettledProbe
from analysis.buettiker.multiterminal import Multiterminal
from analysis.buettiker.newton import Jacobian, Roots, roots
from analysis.buettiker.terminal_currents import (
    ENOUGH,
    Baths,
    Exchange,
    by_panels,
    by_poles,
    closed_form_holds,
    moments,
    response,
)
from analysis.constants import BOLTZMANN_eV_per_K
from analysis.records import FloatArray

_RUNAWAY = 2.0  # times the temperature of a flat band: a hotter probe has inverted populations
_BALANCED = 1e-11  # of the flows in a probe; rounding of the closed form can leave more, quadrature does not
_SMALLEST_RAISE = 1e-3  # of the bias, at which raising it is abandoned

_NOTHING = 1e-25  # transmission that is only rounding
_FEW, _SOME, _MANY = (
    12,
    12,
    40,
)  # iterations of the first attempt (most need two to five), of a raise, of others


@dataclass(frozen=True, eq=False)
class FloatingTerminals:
    """Search for the floating terminals at each of a row of operating points.

    Attributes
    ----------
    molecule : Multiterminal
    given : Baths
        Held values. Floating ones are zero from the origin, and the highest held temperature.
    mu_free, T_free : ndarray of int
        Terminals whose chemical potential and whose temperature float; ``T_free`` is a part of ``mu_free``.
    """

    molecule: Multiterminal
    given: Baths
    mu_free: Indices
    T_free: Indices

    def settled(self) -> tuple[Baths, Exchange, Indices]:
        """Return the baths with all floating values, their exchange, and the iterations (n_points,).

        Raises
        ------
        ProbeError
            For the first operating point that does not settle.
        """
        points = np.arange(self.given.origin_eV.size)
        closed = closed_form_holds(self.molecule)
        start = self._flat_band()
        solution = self._solved(start, points, closed, Squares(), _FEW)
        for again in (self._naturally, self._raised):
            lost = np.flatnonzero(~solution.found)
            if lost.size:
                solution.replace(lost, again(start[:, lost], lost, closed))
        state = solution.unknown
        baths = self.baths(state, points)
        flows = by_poles(self.molecule, baths) if closed else by_panels(self.molecule, baths)
        coarse = np.flatnonzero(
            closed & ((flows.error > ENOUGH) | (self.left_over(baths, flows) > _BALANCED))
        )
        if coarse.size:
            refined = self._solved(state[:, coarse], coarse, False, Squares(), _MANY)
            self._check(refined, coarse, 1.0)
            solution.replace(coarse, refined)
            baths = self.baths(state, points)
            flows.replace(coarse, by_panels(self.molecule, baths.part(coarse)))
        return baths, flows, solution.iterations

    def left_over(self, baths: Baths, flows: Exchange) -> FloatArray:
        """Return the largest of the currents that should vanish, relative to the flows in it, (n_points,)."""
        off = imbalance(baths, flows)
        return np.asarray(
            np.concatenate([off[0, self.mu_free], off[1, self.T_free]]).max(axis=0, initial=0.0)
        )

    def baths(self, state: FloatArray, points: Indices, share: FloatArray | float = 1.0) -> Baths:
        """Return all terminals at these points, with bias and temperature differences at a share of the given ones."""
        given, hottest = self.given, self._hottest[points]
        offset = share * given.offset_eV[:, points]
        kT = hottest + share * (given.kT_eV[:, points] - hottest)
        offset[self.mu_free], kT[self.T_free] = state[: self.mu_free.size], state[self.mu_free.size :]
        return Baths(given.origin_eV[points], offset, kT)

    @cached_property
    def _hottest(self) -> FloatArray:
        return self.given.kT_eV.max(axis=0)

    @cached_property
    def _hottest_flat(self) -> FloatArray:
        """Highest kT that a bias can cause with flat transmissions."""
        return np.sqrt(self._hottest**2 + 0.75 / np.pi**2 * np.ptp(self.given.offset_eV, axis=0) ** 2)

    @cached_property
    def _window(self) -> FloatArray:
        """Width of the relevant energies: the bias and some kT."""
        return np.ptp(self.given.offset_eV, axis=0) + 10 * self._hottest

    @cached_property
    def _scale(self) -> FloatArray:
        """Scale of a state: the linear effect of the forces on it."""
        driven = np.ptp(self.given.offset_eV, axis=0) + np.ptp(self.given.kT_eV, axis=0)
        driven = np.maximum(driven, 1e-12 * self._hottest)
        return np.repeat(driven[None], self.mu_free.size + self.T_free.size, axis=0)

    def _flat_band(self) -> FloatArray:
        """Return the state for transmissions independent of energy, each equal to its mean over the window."""
        given = self.given
        width = np.broadcast_to(self._hottest_flat, given.kT_eV.shape)
        alike = Baths(given.origin_eV, np.zeros_like(given.offset_eV), width)
        conductance = moments(self.molecule, alike)[0]
        for i in self.mu_free[conductance[self.mu_free].sum(axis=1).min(axis=-1, initial=1.0) < _NOTHING]:
            raise UncoupledProbe(
                self.molecule.names[i], "interference decouples it from every other terminal"
            )
        mu = _diffused(conductance, given.offset_eV, self.mu_free)
        energy = _diffused(conductance, mu**2 + np.pi**2 / 3 * given.kT_eV**2, self.T_free)
        square = np.maximum(3 / np.pi**2 * (energy - mu**2), given.kT_eV.min(axis=0) ** 2)
        return np.concatenate([mu[self.mu_free], np.sqrt(square[self.T_free])])

    def _solved(
        self,
        start: FloatArray,
        points: Indices,
        closed: bool,
        coordinates: Coordinates,
        most: int,
        share: FloatArray | float = 1.0,
    ) -> Roots:
        """Find balanced states at these points, from ``start``, by Newton's method."""
        whole, by = np.broadcast_to(share, points.shape), by_poles if closed else by_panels
        own = np.searchsorted(self.mu_free, self.T_free)
        rows = np.concatenate([self.mu_free, len(self.given.offset_eV) + self.T_free])
        columns = np.concatenate([np.arange(self.mu_free.size), self.mu_free.size + own])

        def equations(unknown: FloatArray, some: Indices) -> tuple[FloatArray, FloatArray, Jacobian]:
            state = coordinates.state(unknown, own)
            baths = self.baths(state, points[some], whole[some])
            flows = by(self.molecule, baths)
            net, through = (x.reshape(-1, some.size) for x in (_net(flows), _throughput(baths, flows)))

            def jacobian() -> FloatArray:
                by_state = response(self.molecule, baths, flows, self.mu_free).matrix[rows[:, None], columns]
                return np.einsum("ijp,jkp->ikp", by_state, coordinates.slopes(state, own))

            return net[rows], through[rows], jacobian

        def bounds(unknown: FloatArray, some: Indices) -> tuple[FloatArray, FloatArray]:
            return coordinates.bounds(unknown, own, self._window[points[some]])

        each = np.arange(len(start))
        scale = self._scale[:, points] / np.abs(coordinates.slopes(start, own)[each, each])
        solution = roots(equations, coordinates.unknown(start, own), scale, bounds, most)
        return Roots(coordinates.state(solution.unknown, own), solution.iterations, solution.found)

    def _naturally(self, start: FloatArray, points: Indices, closed: bool) -> Roots:
        return self._solved(start, points, closed, Natural(), _MANY)

    def _raised(self, start: FloatArray, points: Indices, closed: bool) -> Roots:
        """Find states by raising bias and temperature differences step by step, each point at its own pace.

        Every step starts on the line through the two states before it.
        """
        at = np.zeros_like(start)
        at[self.mu_free.size :] = self._hottest[points]
        slope = np.zeros_like(start)
        share, rise = np.zeros(points.size), np.full(points.size, 0.1)
        iterations = np.zeros(points.size, dtype=np.intp)
        while (going := np.flatnonzero(share < 1)).size:
            target = np.minimum(share[going] + rise[going], 1.0)
            ahead = at[:, going] + (target - share[going]) * slope[:, going]
            solution = self._solved(ahead, points[going], closed, Squares(), _SOME, target)
            iterations[going] += solution.iterations
            reached, missed = going[solution.found], going[~solution.found]
            now, raised = solution.unknown[:, solution.found], target[solution.found]
            slope[:, reached] = (now - at[:, reached]) / (raised - share[reached])
            at[:, reached], share[reached] = now, raised
            rise[reached] *= 2
            rise[missed] /= 4
            if np.any(rise[missed] < _SMALLEST_RAISE):
                self._check(solution, points[going], target)
        return Roots(at, iterations, np.ones(points.size, dtype=bool))

    def _check(self, solution: Roots, points: Indices, share: FloatArray | float) -> None:
        """Raise an error for the first point without a root, naming the terminal furthest from balance."""
        if solution.found.all():
            return
        first = int(np.argmin(solution.found))
        part = float(np.broadcast_to(share, points.shape)[first])
        baths = self.baths(solution.unknown[:, [first]], points[[first]], part)
        raise self._failure(baths, by_panels(self.molecule, baths), int(points[first]), part)

    def _failure(self, baths: Baths, flows: Exchange, point: int, share: float) -> ProbeError:
        names, T = self.molecule.names, baths.kT_eV[:, 0] / BOLTZMANN_eV_per_K
        off = imbalance(baths, flows)[..., 0].max(axis=0)
        worst = int(self.mu_free[np.argmax(off[self.mu_free])])
        hottest = int(np.argmax(T))
        where = f"at {share:.3g} of the forces of operating point {point}"
        if hottest in self.T_free and baths.kT_eV[hottest, 0] > _RUNAWAY * self._hottest_flat[point]:
            why = f"{where} its heat is unbalanced even at {T[hottest]:.3g} K: its populations are inverted"
            return RunawayProbe(names[hottest], why)
        return UnsettledProbe(
            names[worst],
            f"{where} {off[worst]:.2g} of the flows into it remains unbalanced at mu = "
            f"{baths.mu_eV[worst, 0]:.4g} eV, {T[worst]:.4g} K",
        )


def imbalance(baths: Baths, flows: Exchange) -> FloatArray:
    """Return net particles and heat into every terminal relative to the flows in it, (2, n_terminals, n_points)."""
    size = _throughput(baths, flows)
    return np.asarray(np.abs(_net(flows)) / np.where(size == 0, 1.0, size))


def _net(flows: Exchange) -> FloatArray:
    """Return particles and heat into every terminal, (2, n_terminals, n_points)."""
    return np.stack([flows.number_eV.sum(axis=1), flows.heat_eV2.sum(axis=1)])


def _throughput(baths: Baths, flows: Exchange) -> FloatArray:
    """Return the sums of moduli of the flows that cancel in `_net`, of the same shape.

    A pair may exchange particles without heat, or heat without particles, at this very point: Joule heat therefore
    counts among the flows of heat, and heat over the energy that carries it among the flows of particles.
    """
    v = np.abs(baths.offset_eV - baths.offset_eV[:, None])
    carried = np.maximum(v, np.maximum(baths.kT_eV, baths.kT_eV[:, None]))
    number, heat = np.abs(flows.number_eV), np.abs(flows.heat_eV2)
    return np.stack([(number + heat / carried).sum(axis=1), (heat + v * number).sum(axis=1)])


def _diffused(conductance: FloatArray, value: FloatArray, free: Indices) -> FloatArray:
    """Return values with the free ones such that sum_b conductance_ab (value_b - value_a) vanishes for them."""
    if not free.size:
        return value
    held = np.setdiff1d(np.arange(len(value)), free)
    network = np.moveaxis(conductance, -1, 0)
    among = network[:, free][:, :, free]
    total = network[:, free].sum(axis=2)[:, :, None] * np.eye(free.size)
    right = network[:, free][:, :, held] @ value[held].T[..., None]
    settled = value.copy()
    settled[free] = np.linalg.solve(total - among, right)[..., 0].T
    return settled
