"""Current and heat in the tip of a junction with floating probes, and their derivatives, fast enough for a fit.

The equations are those of `analysis.buettiker.nonlinear`. Here the search for the floating potentials starts from
those of the previous set of parameters and gives up early if there are none, and the derivatives include the shift of
the potentials to first order (implicit function) instead of searching again for each parameter.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.buettiker.coordinates import Coordinates, Natural, Squares
from analysis.buettiker.fit_currents import PanelCurrents, PoleCurrents
from analysis.buettiker.fit_family import ProbedFamily
from analysis.buettiker.multiterminal import Multiterminal
from analysis.buettiker.newton import Jacobian, roots
from analysis.buettiker.terminal_currents import Baths, closed_form_holds
from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.fitting.families import Asymmetric, Conditions, Parameter, Response
from analysis.records import FloatArray
from analysis.transport.landauer import WATT_PER_eV2

Indices = NDArray[np.intp]

_STEP = 3e-7  # of the natural scale of a parameter, for differences of integrals good to 1e-13
_FEW, _MANY = 10, 20  # Newton iterations from a near start, and from a distant one
_BALANCED = 1e-11  # of the flows in a probe: potentials are then better than any data
_NEARLY = 1e-6  # of the flows in a probe: what is neglected beyond first order is then as small as that
_WARMER = (
    0.6,
    0.3,
    1.5,
)  # kT over eV at distant starts: too hot converges more often than too cold


@dataclass(frozen=True, eq=False)
class CircuitFamily(Asymmetric):
    """Junctions with floating probes as a family for `analysis.fitting`."""

    junctions: ProbedFamily

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The free parameters of the junctions."""
        return self.junctions.parameters

    def response(self, values: FloatArray, at: Conditions, near: FloatArray | None = None) -> Response | None:
        """Return currents, heats and slopes, from the ``state`` of near parameters if there is one.

        ``state`` holds mu and, of voltage-temperature probes, kT of the floating terminals in eV. None if a probe has
        no stationary potential: widths without a path, or inverted populations.
        """
        return _Circuit(self.junctions, at).response(values, near)

    def currents(self, many: FloatArray, at: Conditions) -> FloatArray:
        """Return the currents and heats of the sets, computed one after the other; NaN if a probe does not settle."""
        circuit = _Circuit(self.junctions, at)
        return np.stack([circuit.currents(x) for x in many], axis=1)

    def canonical(self, values: FloatArray) -> FloatArray:
        """Return values with the widths of tip and substrate in order of size."""
        other = self.junctions.exchanged(values)
        return values if other is None else min(values, other, key=tuple)


@dataclass(frozen=True, eq=False)
class _Circuit:
    """A family of junctions at given biases and temperatures."""

    family: ProbedFamily
    at: Conditions

    def response(self, values: FloatArray, start: FloatArray | None) -> Response | None:
        """Solve for currents, heats and slopes; None if a probe does not settle."""
        molecule = self._molecule(values)
        if not self._floats(molecule):
            return None
        followed = None if start is None else self._followed(molecule, start)
        if followed is not None:
            return self._solution(molecule, values, *followed)
        state = self._settled(molecule, start)
        if state is None:
            return None
        return self._solution(molecule, values, state, self._currents(molecule, self._baths(state)))

    def currents(self, values: FloatArray) -> FloatArray:
        """Return currents and heats alone, (2, n_bias); NaN if a probe does not settle."""
        molecule = self._molecule(values)
        state = self._settled(molecule, None) if self._floats(molecule) else None
        if state is None:
            return np.full((2, self.at.bias_V.size), np.nan)
        net, n = self._currents(molecule, self._baths(state)).net, len(molecule.names)
        return np.stack([_current(net[:n]), _heat(net[n:])])

    def _molecule(self, values: FloatArray) -> Multiterminal:
        return Multiterminal((self.family.broadened if self.family.broadens else self.family.model)(values))

    @staticmethod
    def _floats(molecule: Multiterminal) -> bool:
        """Return True if every terminal is coupled to the molecule."""
        return bool(
            (molecule.widths_eV.sum(axis=1) > 0).all() and np.isfinite(molecule.model.effective_eV).all()
        )

    @cached_property
    def _free(self) -> Indices:
        """Floating terminals; their potentials are the first unknowns."""
        return np.arange(2, 2 if self.family.broadens else 2 + len(self.family.floating))

    @cached_property
    def _rows(self) -> Indices:
        """Indices of the vanishing currents among particles and then heat, and of the unknowns among mu and kT."""
        warm = self._free if self.family.kind == "voltage-temperature" else self._free[:0]
        return np.concatenate([self._free, 2 + self._free.size + warm])

    @cached_property
    def _given(self) -> Baths:
        floating = np.zeros((self._free.size, self.at.bias_V.size))
        between = self.at.temperature_probe_K, self.at.temperature_substrate_K
        reference = BOLTZMANN_eV_per_K * self.family.reference_K(*between)
        leads = np.array(self.at.kT_eV)[:, None] + 0 * self.at.bias_V
        return Baths(
            (self.family.bias_drop - 0.5) * self.at.bias_V,
            np.concatenate([[0.5 * self.at.bias_V, -0.5 * self.at.bias_V], floating]),
            np.concatenate([leads, floating + reference]),
        )

    def _baths(self, state: FloatArray, points: Indices | slice = slice(None)) -> Baths:
        given, n = self._given.part(points), self._free.size
        offset, kT = given.offset_eV.copy(), given.kT_eV.copy()
        offset[self._free] = state[:n]
        if len(state) > n:
            kT[self._free] = state[n:]
        return Baths(given.origin_eV, offset, kT)

    @staticmethod
    def _currents(molecule: Multiterminal, baths: Baths) -> PoleCurrents | PanelCurrents:
        return (PoleCurrents if closed_form_holds(molecule) else PanelCurrents)(molecule, baths)

    def _followed(
        self, molecule: Multiterminal, start: FloatArray
    ) -> tuple[FloatArray, PoleCurrents | PanelCurrents] | None:
        """Return potentials nearly settled at every bias, and the currents there, by full steps from a near start.

        None if the imbalance does not halve with every step, or if a step leads to negative temperatures.
        """
        state, rows, before = start, self._rows, np.inf
        with np.errstate(all="ignore"):
            while (state[self._free.size :] > 0).all():
                currents = self._currents(molecule, self._baths(state))
                net = currents.net[rows]
                off = float(np.max(np.abs(net) / currents.throughput[rows], initial=0.0))
                if off <= _NEARLY:
                    return state, currents
                if not off < 0.5 * before:
                    return None
                jacobian = currents.response(self._free)[rows, : rows.size]
                try:
                    state = state + _solved(jacobian, -net[:, None])[:, 0]
                except np.linalg.LinAlgError:
                    return None
                before = off
        return None

    def _settled(self, molecule: Multiterminal, start: FloatArray | None) -> FloatArray | None:
        """Return the potentials of the floating terminals at every bias, (n_unknowns, n_bias)."""
        state = self._cold(0.0) if start is None else start.copy()
        if not len(state):
            return state
        every = np.arange(self.at.bias_V.size)
        attempts: list[tuple[FloatArray, Coordinates, int]] = []
        if start is not None or len(state) == self._free.size:
            attempts.append((state.copy(), Squares(), _FEW))
        attempts += [(self._cold(x), Natural(), _MANY) for x in _WARMER]
        lost = every
        for begin, coordinates, most in attempts:
            lost = self._improved(molecule, state, begin, lost, coordinates, most)
            while lost.size and (settled := np.setdiff1d(every, lost)).size:  # from the nearest settled bias
                before, apart = lost.size, np.abs(self.at.bias_V[lost, None] - self.at.bias_V[settled])
                begin[:, lost] = state[:, settled[apart.argmin(axis=1)]]
                lost = self._improved(molecule, state, begin, lost, Natural(), _FEW)
                if lost.size == before:
                    break
            if not lost.size:
                return state
        return None

    def _cold(self, warmer: float) -> FloatArray:
        """Return a state half way between the leads, hotter by a share of the bias."""
        n = self._free.size
        state = np.zeros((self._rows.size, self.at.bias_V.size))
        state[n:] = np.hypot(self._given.kT_eV.max(axis=0), warmer * self.at.bias_V)
        return state

    def _improved(
        self,
        molecule: Multiterminal,
        state: FloatArray,
        begin: FloatArray,
        points: Indices,
        coordinates: Coordinates,
        most: int,
    ) -> Indices:
        """Search at these points, write the results to ``state``, and return the points without success."""
        own, rows = np.arange(self._rows.size - self._free.size), self._rows

        def equations(unknown: FloatArray, some: Indices) -> tuple[FloatArray, FloatArray, Jacobian]:
            trial = coordinates.state(unknown, own)
            currents = self._currents(molecule, self._baths(trial, points[some]))

            def jacobian() -> FloatArray:
                by_state = currents.response(self._free)[rows, : rows.size]
                return np.einsum("ijp,jkp->ikp", by_state, coordinates.slopes(trial, own))

            return currents.net[rows], currents.throughput[rows], jacobian

        def bounds(unknown: FloatArray, some: Indices) -> tuple[FloatArray, FloatArray]:
            return coordinates.bounds(unknown, own, self._window[points[some]])

        chosen, each = begin[:, points], np.arange(len(begin))
        scale = self._driven[points] / np.abs(coordinates.slopes(chosen, own)[each, each])
        with np.errstate(all="ignore"):
            result = roots(equations, coordinates.unknown(chosen, own), scale, bounds, most, _BALANCED)
            state[:, points[result.found]] = coordinates.state(result.unknown[:, result.found], own)
        return points[~result.found]

    @cached_property
    def _window(self) -> FloatArray:
        return np.abs(self.at.bias_V) + 10 * self._given.kT_eV.max(axis=0)

    @cached_property
    def _driven(self) -> FloatArray:
        """Scale of a state: the effect that bias and temperature difference could have on it."""
        driven = np.abs(self.at.bias_V) + np.ptp(self._given.kT_eV, axis=0)
        return np.asarray(np.maximum(driven, 1e-12 * self._given.kT_eV.max(axis=0)))

    def _solution(
        self,
        molecule: Multiterminal,
        values: FloatArray,
        state: FloatArray,
        currents: PoleCurrents | PanelCurrents,
    ) -> Response:
        """Return currents, heats and slopes where the potentials balance, to first order in their distance from it."""
        net, n = currents.net, len(molecule.names)
        moved = self._direct_slopes(molecule, values, currents)  # (n_parameters, 2 n_terminals, n_bias)
        shift = np.zeros((len(moved), *state.shape))
        if len(state):
            by_state = currents.response(self._free)[:, : len(state)]
            driven = np.concatenate([net[None], moved])[:, self._rows]
            answer = -_solved(by_state[self._rows], driven.swapaxes(0, 1)).swapaxes(0, 1)
            left, shift = answer[0], answer[1:]
            state, net = state + left, net + np.einsum("rup,up->rp", by_state, left)
            moved = moved + np.einsum("rup,kup->krp", by_state, shift)
        slopes = np.stack([_current(moved.swapaxes(0, 1)[:n]), _heat(moved.swapaxes(0, 1)[n:])])
        return Response(_current(net[:n]), _heat(net[n:]), slopes, state, shift)

    def _direct_slopes(
        self, molecule: Multiterminal, values: FloatArray, currents: PoleCurrents | PanelCurrents
    ) -> FloatArray:
        """Return the derivatives of all currents by the parameters at constant potentials."""
        if not self.family.parameters:
            return np.zeros((0, *currents.net.shape))
        if isinstance(currents, PoleCurrents) and molecule.apart:
            return currents.slopes(*self.family.slopes(values))
        steps = [
            _STEP * (x if parameter.logarithmic else max(abs(x), 0.1))
            for x, parameter in zip(values, self.family.parameters, strict=True)
        ]
        there = [PanelCurrents(self._molecule(values + step), currents.baths).net for step in np.diag(steps)]
        here = PanelCurrents(molecule, currents.baths).net
        return np.array([(x - here) / step for x, step in zip(there, steps, strict=True)])


def _solved(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Return the solutions x of matrix (n, n, n_bias) x = right (n, k, n_bias)."""
    solution = np.linalg.solve(np.moveaxis(matrix, -1, 0), np.moveaxis(right, -1, 0))
    return np.asarray(np.moveaxis(solution, 0, -1))


def _current(number_eV: FloatArray) -> FloatArray:
    """Return the current in ampere, positive for particles into the substrate."""
    return np.asarray(G0_S * number_eV[1])


def _heat(heat_eV2: FloatArray) -> FloatArray:
    """Return the heat into the tip in watt."""
    return np.asarray(WATT_PER_eV2 * heat_eV2[0])
