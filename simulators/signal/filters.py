"""First-order analogue filters, exact for an input that is constant between samples, and their noise.

A sample is the output ``at_s`` into a step with constant input, by default at its end. From one sample to the next,
one pole of time constant tau has the input of the previous step for the rest of that step, then the new one:
``x[k] = a x[k-1] + (b - a) u[k-1] + (1 - b) u[k]`` with ``a = exp(-dt/tau)``, ``b = exp(-at_s/tau)``, exact for any
``dt``, even far above tau. White noise of one-sided density S before that pole has the variance ``S / (4 tau)`` in
every sample and the correlation ``a`` between neighbours at any sampling rate, aliasing included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import linalg
from scipy.linalg import lapack

from analysis.records import FloatArray


def one_pole(drive: FloatArray, pole: float, state: float) -> FloatArray:
    """Return ``x[k] = pole x[k-1] + drive[k]``, started from ``x[-1] = state``; shape (n,).

    It is solved as a triangular system of two bands, by the operations of ``scipy.signal.lfilter`` in the same order;
    for the few samples of a usual call it takes less than half the time.
    """
    n = len(drive) + 1
    x = np.empty(n)
    x[0], x[1:] = state, drive
    bands = _bands(float(pole), 1 << n.bit_length())[:, :n]
    solved: FloatArray = lapack.dtbtrs(bands, x, uplo="L", diag="U", overwrite_b=1)[0]
    return solved[1:]


@lru_cache(maxsize=64)
def _bands(pole: float, n: int) -> FloatArray:
    """Return the two bands of the system of `one_pole`, shape (2, n); the first columns are those of fewer samples."""
    bands = np.empty((2, n), order="F")
    bands[0], bands[1] = 1.0, -pole
    return bands


def delayed(values: FloatArray, before: float) -> FloatArray:
    """Return the values one sample later, the first of them ``before``; shape (n,)."""
    later = np.empty_like(values)
    later[0], later[1:] = before, values[:-1]
    return later


class OnePoles:
    """Several of `one_pole` with one drive, solved as one system without coupling, which takes the time of one.

    Parameters
    ----------
    poles, shares : ndarray, shape (k,)
        Poles, and the share of the drive that each takes.
    """

    def __init__(self, poles: FloatArray, shares: FloatArray) -> None:
        self._poles, self._shares = poles, shares[:, None]
        self._bands = np.empty((2, 0))

    def solved(self, drive: FloatArray, states: FloatArray) -> FloatArray:
        """Return ``x[i, k] = poles[i] x[i, k-1] + shares[i] drive[k]``, started from ``states``; shape (k, n)."""
        k, n = len(self._poles), len(drive)
        if self._bands.shape[1] != k * (n + 1):
            self._bands = np.empty((2, k * (n + 1)), order="F")
            self._bands[0] = 1.0
            self._bands[1] = -np.repeat(self._poles, n + 1)
            self._bands[1, n :: n + 1] = 0.0
        x = np.empty((k, n + 1))
        x[:, 0] = states
        np.multiply(self._shares, drive, out=x[:, 1:])
        solved: FloatArray = lapack.dtbtrs(self._bands, x.ravel(), uplo="L", diag="U", overwrite_b=1)[0]
        return solved.reshape(k, n + 1)[:, 1:]


def limited(values: FloatArray, most: float) -> FloatArray:
    """Return the values within ``-most`` to ``most``, shape (n,), as `numpy.clip` does in four times the time."""
    clipped: FloatArray = np.minimum(np.maximum(values, -most), most)
    return clipped


@dataclass(frozen=True)
class RC:
    """Section of one resistor and one capacitor.

    Parameters
    ----------
    name : str
        Part of the instrument; a rebuilt chain keeps the charge of parts of the same name.
    kind : "low" or "high"
        Low pass or high pass.
    corner_Hz : float
        -3 dB frequency.
    """

    name: str
    kind: Literal["low", "high"]
    corner_Hz: float


class RCChain:
    """RC sections in series, each buffered from the next, with white noise at the input.

    The states are the capacitors' voltages: ``x' = A x + B (u + noise)`` with A lower triangular. Stepped
    exactly, ``x[k] = F x[k-1] + H u[k-1] + G u[k] + L xi[k]`` with F = exp(A dt), G = (exp(A at_s) - 1) B / A,
    H = (F - exp(A at_s)) B / A; L L^T is the covariance that the noise adds in a step, P - F P F^T with the stationary
    P of ``A P + P A^T + B B^T S/2 = 0``.

    Parameters
    ----------
    sections : sequence of RC
        From input to output.
    dt : float
        Step in s.
    noise_density : float
        One-sided white noise density at the input, V^2/Hz. It requires a low pass, without which its power would be
        infinite.
    charge : mapping of str to float
        Initial voltages of capacitors, by section name; the others are 0 V.
    at_s : float, optional
        Time of the samples after the beginning of each step; by default its end.
    """

    def __init__(
        self,
        sections: Sequence[RC],
        dt: float,
        noise_density: float = 0.0,
        charge: dict[str, float] | None = None,
        at_s: float | None = None,
    ) -> None:
        if noise_density and not any(section.kind == "low" for section in sections):
            raise ValueError("white noise needs a low pass, or its power is infinite")
        self._sections = tuple(sections)
        rates = np.array([2.0 * np.pi * section.corner_Hz for section in sections])
        A, B, self._output, self._direct = _state_space(self._sections, rates)
        self._F = linalg.expm(A * dt)
        self._settled = -np.linalg.solve(A, B)
        begun = self._F if at_s is None else linalg.expm(A * at_s)
        self._G = self._settled - begun @ self._settled
        self._H = None if at_s is None else (begun - self._F) @ self._settled
        self._rest = None if at_s is None else linalg.expm(A * (dt - at_s))
        noise = _noise_step(A, B, self._F, noise_density) if noise_density else np.zeros_like(A)
        self._decay, self._noise = self._F.tolist(), noise.tolist()
        self._x = np.array([(charge or {}).get(section.name, 0.0) for section in sections])
        self._u = 0.0
        # The charge is that at the beginning of the first step, so the first sample comes less than a step later.
        self._ahead = (begun - self._F) @ self._x

    @property
    def charge(self) -> dict[str, float]:
        """Voltages of the capacitors at the end of the last step, by section name."""
        x = self._x
        if self._rest is not None:
            settled = self._settled * self._u
            x = settled + self._rest @ (x - settled)
        return {section.name: float(volts) for section, volts in zip(self._sections, x, strict=True)}

    def settle(self, level: float) -> None:
        """Charge all capacitors to their steady state for a constant input of ``level`` volts."""
        self._x, self._u = self._settled * level, level
        self._ahead = np.zeros(len(self._x))

    def feed(self, volts: FloatArray, rng: np.random.Generator | None = None) -> FloatArray:
        """Return the output for the next samples, shape (n,), independent of how they are cut into calls.

        The noise is drawn from ``rng``; without it there is none.
        """
        n, poles = len(volts), len(self._x)
        if not n:
            return np.zeros(0)
        x = self._x.copy()
        kicks = rng.standard_normal((n, poles)) if rng else np.zeros((n, poles))
        before = np.empty((poles, n))
        output = self._direct * volts
        previous = None if self._H is None else delayed(volts, self._u)
        for j in range(poles):
            # Written out, because a matrix product rounds differently for different n.
            drive = self._G[j] * volts
            if self._H is not None:
                drive += self._H[j] * previous
                drive[0] += self._ahead[j]
            for i in range(j):
                drive += self._decay[j][i] * before[i]
                drive += self._noise[j][i] * kicks[:, i]
            drive += self._noise[j][j] * kicks[:, j]
            after = one_pole(drive, self._decay[j][j], x[j])
            before[j, 0], before[j, 1:] = x[j], after[:-1]
            output += self._output[j] * after
            x[j] = after[-1]
        self._x, self._u = x, float(volts[-1])
        self._ahead = np.zeros(poles)
        return output


def _state_space(
    sections: tuple[RC, ...], rates: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return (A, B, C, D) of the chain, shapes (k, k), (k,), (k,), (): output = C x + D u."""
    poles = len(sections)
    A, B = np.zeros((poles, poles)), np.zeros(poles)
    C, D = np.zeros(poles), 1.0
    for j, section in enumerate(sections):
        A[j] = rates[j] * C
        A[j, j] -= rates[j]
        B[j] = rates[j] * D
        if section.kind == "low":
            C, D = np.zeros(poles), 0.0
            C[j] = 1.0
        else:
            C[j] -= 1.0
    return A, B, C, D


def _noise_step(A: FloatArray, B: FloatArray, F: FloatArray, density: float) -> FloatArray:
    """Return the lower triangular L; L times unit normals is the noise added to the states in one step."""
    P = linalg.solve_continuous_lyapunov(A, -0.5 * density * np.outer(B, B))
    Q = P - F @ P @ F.T
    scale = np.sqrt(np.diag(Q))
    return scale[:, None] * np.linalg.cholesky(Q / np.outer(scale, scale) + 1e-12 * np.eye(len(B)))


class PinkNoise:
    """1/f noise: white noise through alternating poles and zeros, two per decade.

    Within 0.5 dB of ``density_at_1Hz / f`` from ten times ``lowest_Hz`` to a twentieth of the sampling rate.

    Parameters
    ----------
    density_at_1Hz : float
        One-sided density at 1 Hz, V^2/Hz.
    dt : float
        Step in s.
    rng : numpy Generator
        Source of the noise.
    lowest_Hz : float
        Frequency below which the spectrum is flat.
    """

    POLES_PER_DECADE = 2

    def __init__(
        self, density_at_1Hz: float, dt: float, rng: np.random.Generator, lowest_Hz: float = 1e-3
    ) -> None:
        self._rng = rng
        highest_Hz = 0.25 / dt
        count = max(2, round(self.POLES_PER_DECADE * np.log10(highest_Hz / lowest_Hz)))
        spacing = 10.0 ** (1.0 / self.POLES_PER_DECADE)
        poles_Hz = lowest_Hz * spacing ** np.arange(count)
        poles, zeros = (np.exp(-2.0 * np.pi * f * dt) for f in (poles_Hz, poles_Hz * np.sqrt(spacing)))
        middle = np.exp(2j * np.pi * np.sqrt(lowest_Hz * highest_Hz) * dt)
        gain = np.prod(np.abs(middle - zeros) / np.abs(middle - poles))
        # A sequence of unit variance has the one-sided density 2 dt.
        scale = np.sqrt(density_at_1Hz / np.sqrt(lowest_Hz * highest_Hz) / (2.0 * dt)) / gain
        # Partial fractions in 1/z; poles and zeros alternate, so that all shares are positive.
        others = np.where(np.eye(count, dtype=bool), 1.0, poles[:, None] - poles)
        self._direct = scale * np.prod(zeros / poles)
        shares = scale * np.prod((poles[:, None] - zeros) / others, axis=1) / poles
        self._poles = OnePoles(poles, shares)
        self._state = np.zeros(count)

    def draw(self, n: int) -> FloatArray:
        """Draw the next ``n`` samples, in V."""
        white = self._rng.standard_normal(n)
        if not n:
            return white
        states = self._poles.solved(white, self._state)
        self._state = states[:, -1].copy()
        samples: FloatArray = self._direct * white
        for state in states:
            samples += state  # one by one, because a sum over an axis rounds differently for different n
        return samples
