"""Integrals of a simple pole over the difference of two Fermi functions, in closed form.

For a pole w in the lower half plane and reservoirs X = P, S at (mu_X, T_X) let a_X = i (w - mu_X),
b_X = 2 pi k T_X and Phi_X = digamma(1/2 + a_X/b_X) + ln b_X. Then

    int (f_P - f_S)/(E - w) dE           = Phi_P - Phi_S =: X
    int (mu_P - E)(f_P - f_S)/(E - w) dE = i a_P X - v,   v = mu_P - mu_S
    int (E - mu_S)(f_P - f_S)/(E - w) dE = v - i a_S X

A Breit-Wigner level at eps with half width g is w = eps - i g. Subtracting two digammas loses every digit
at small bias or far from the level, so the difference is never formed: asymptotic series, recurrence and
reflection of the digamma function (Abramowitz and Stegun, 6.3.5, 6.3.7, 6.3.18) are subtracted term by term.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.records import FloatArray

ComplexArray = NDArray[np.complex128]

_ASYMPTOTIC_FROM = 8.0  # |a/b| from which the series below is exact to rounding
_SHIFT = 12  # recurrence steps otherwise; a few terms of the series are then enough
_NEAR_TERMS = 8
_NARROW = 0.25  # g/b below which the reflected form keeps the digits that are proportional to g
_ORDERS = np.arange(2, 26, 2)
# Bernoulli's numbers B_2, B_4 ... B_24 (Abramowitz and Stegun, table 23.2)
_BERNOULLI = np.array(
    [1/6, -1/30, 1/42, -1/30, 5/66, -691/2730, 7/6, -3617/510, 43867/798, -174611/330, 854513/138, -236364091/2730]
)  # fmt: skip
# digamma(1/2 + x) ~ ln x + sum_j _SERIES[j-1] x^(-2j)
_SERIES = -(2.0 ** (1 - _ORDERS) - 1.0) * _BERNOULLI / _ORDERS
_TRIGAMMA = _BERNOULLI[:7]  # trigamma(z) ~ 1/z + 1/(2 z^2) + sum_j B_2j / z^(2j + 1)

_NO_BIAS_eV = 1e-40  # so small that its square is negligible: the ratio is the derivative


@dataclass(frozen=True, eq=False)
class PoleIntegrals:
    """The three integrals of the module's docstring; complex, of the broadcast shape of the arguments.

    ``charge`` is a pure number, ``heat_probe`` and ``heat_substrate`` are in eV.
    """

    charge: ComplexArray
    heat_probe: ComplexArray
    heat_substrate: ComplexArray


@dataclass(frozen=True, eq=False)
class _Pair:
    """a_P, a_S, b_P, b_S and their differences da = a_P - a_S, db = b_P - b_S, free of cancellation."""

    a_P: ComplexArray
    a_S: ComplexArray
    b_P: FloatArray
    b_S: FloatArray
    da: ComplexArray
    db: FloatArray

    def part(self, mask: NDArray[np.bool_]) -> "_Pair":
        return _Pair(
            self.a_P[mask], self.a_S[mask], self.b_P[mask], self.b_S[mask], self.da[mask], self.db[mask]
        )


def pole_integrals(
    pole_eV: ArrayLike,
    mu_probe_eV: ArrayLike,
    bias_eV: ArrayLike,
    kT_probe_eV: ArrayLike,
    kT_substrate_eV: ArrayLike,
) -> PoleIntegrals:
    """Return the integrals of 1/(E - pole) over the window between probe and substrate.

    Parameters
    ----------
    pole_eV : array_like of complex
        Pole in the lower half plane.
    mu_probe_eV, bias_eV : array_like
        mu_P, and v = mu_P - mu_S: the difference is a parameter because forming it here would lose digits.
    kT_probe_eV, kT_substrate_eV : array_like
        Thermal energies, above zero.
    """
    w = np.atleast_1d(np.asarray(pole_eV, dtype=np.complex128))
    conditions = (mu_probe_eV, bias_eV, kT_probe_eV, kT_substrate_eV)
    mu_P, v, kT_P, kT_S = (np.asarray(x, dtype=np.float64) for x in conditions)
    none = np.zeros(np.broadcast_shapes(w.shape, mu_P.shape, v.shape, kT_P.shape, kT_S.shape))
    a_P: ComplexArray = 1j * (w - mu_P) + none
    da: ComplexArray = np.asarray(-1j * (v + none))
    b_P, b_S = 2 * np.pi * kT_P + none, 2 * np.pi * kT_S + none
    pair = _Pair(a_P, a_P - da, b_P, b_S, da, 2 * np.pi * (kT_P - kT_S) + none)

    far = np.minimum(np.abs(pair.a_P) / pair.b_P, np.abs(pair.a_S) / pair.b_S) >= _ASYMPTOTIC_FROM
    narrow = _reflectable(pair.a_P, pair.b_P) & _reflectable(pair.a_S, pair.b_S)
    charge, heat_P, heat_S = (np.empty(a_P.shape, dtype=np.complex128) for _ in range(3))
    for mask, difference in ((far, _far), (~far & narrow, _reflected), (~far & ~narrow, _recurred)):
        if mask.all():
            return PoleIntegrals(*difference(pair))
        if mask.any():
            charge[mask], heat_P[mask], heat_S[mask] = difference(pair.part(mask))
    return PoleIntegrals(charge, heat_P, heat_S)


def pole_derivatives(
    pole_eV: ArrayLike, mu_eV: ArrayLike, kT_eV: ArrayLike
) -> tuple[ComplexArray, ComplexArray]:
    """Return the integrals of (-f')/(E - pole) and (E - mu)(-f')/(E - pole), in 1/eV and 1; f' is df/dE at (mu, kT).

    The first is i/b times the trigamma function of 1/2 + a/b, up to sign; both come from `pole_integrals` at a
    bias whose square is negligible, which is exact because nothing cancels there.
    """
    small = pole_integrals(pole_eV, mu_eV, _NO_BIAS_eV, kT_eV, kT_eV)
    return small.charge / _NO_BIAS_eV, -small.heat_probe / _NO_BIAS_eV


def near_pole_derivatives(above_eV: ComplexArray, kT_eV: FloatArray) -> tuple[ComplexArray, ComplexArray]:
    """Return `pole_derivatives` to rounding of their moduli: faster, enough for the steps of an iteration.

    ``above_eV`` is the pole from the chemical potential. The small parts of the result, which carry the current of a
    level far from the window, have fewer digits.
    """
    b = 2 * np.pi * kT_eV
    zeroth = -1j / b * trigamma(0.5 + 1j * above_eV / b)
    return zeroth, 1.0 + above_eV * zeroth


def _reflectable(a: ComplexArray, b: FloatArray) -> NDArray[np.bool_]:
    """Return True for poles narrow against kT, or so far aside that the poles of the reflected form do not matter."""
    aside = np.abs(a.imag)
    return (a.real < _NARROW * b) | ((aside > 2 * _SHIFT * b) & (aside > 2 * a.real))


def trigamma(z: ComplexArray) -> ComplexArray:
    """Return the trigamma function for Re z >= 1/2, to about 1e-14 (recurrence and asymptotic series)."""
    z = np.asarray(z)
    inverse = 1.0 / (z + _SHIFT)
    far = inverse * inverse
    series = np.full_like(z, _TRIGAMMA[-1])
    for coefficient in _TRIGAMMA[-2::-1]:
        series *= far
        series += coefficient
    near = 1.0 / (z + np.arange(_SHIFT).reshape(-1, *(1,) * z.ndim))
    return np.asarray((near * near).sum(axis=0) + inverse * (1.0 + series * far) + 0.5 * far)


def charge_step(
    pole_eV: ArrayLike,
    mu_probe_eV: ArrayLike,
    bias_eV: ArrayLike,
    kT_probe_eV: ArrayLike,
    kT_substrate_eV: ArrayLike,
) -> ComplexArray:
    """Return the derivative of the charge integral by the pole, 1/eV: a difference of two trigammas.

    It is accurate to rounding of the larger one: enough for the slopes of a fit. Parameters as in `pole_integrals`.
    """
    b_P, b_S = 2 * np.pi * np.asarray(kT_probe_eV), 2 * np.pi * np.asarray(kT_substrate_eV)
    a_P: ComplexArray = 1j * (np.asarray(pole_eV) - mu_probe_eV)
    probe, substrate = trigamma(0.5 + np.stack([a_P / b_P, (a_P + 1j * np.asarray(bias_eV)) / b_S]))
    return np.asarray(1j * (probe / b_P - substrate / b_S))


_Three = tuple[ComplexArray, ComplexArray, ComplexArray]


def _far(p: _Pair) -> _Three:
    """Return the integrals with both reservoirs many kT away from the pole: logarithm and asymptotic series."""
    tail = _series_difference(p.a_P, p.a_S, p, _SERIES.size)
    x = _log_ratio(p.a_P, p.a_S, p.da) + tail
    heat_P, heat_S = _heats(p, x)
    # At small bias i a X equals v to many digits, so the difference is taken inside the logarithm's series.
    q_P, q_S = -p.da / p.a_P, p.da / p.a_S
    small = np.maximum(np.abs(q_P), np.abs(q_S)) < 0.02
    if small.any():
        left_P, left_S = _log1p_less_linear(np.stack([q_P[small], q_S[small]]))
        heat_P[small] = 1j * p.a_P[small] * (tail[small] - left_P)
        heat_S[small] = -1j * p.a_S[small] * (tail[small] + left_S)
    return x, heat_P, heat_S


def _recurred(p: _Pair) -> _Three:
    """Return the integrals for a wide pole: digamma(z) = digamma(z + n) - sum 1/(z + k), terms subtracted in closed
    form.
    """
    c_P, c_S = p.a_P + _SHIFT * p.b_P, p.a_S + _SHIFT * p.b_S
    x = _log_ratio(c_P, c_S, p.da + _SHIFT * p.db) + _series_difference(c_P, c_S, p, _NEAR_TERMS)
    u = (np.arange(_SHIFT) + 0.5).reshape(-1, *(1,) * p.a_P.ndim)
    x -= (p.db * p.a_S - p.b_S * p.da) * (1.0 / ((p.a_P + u * p.b_P) * (p.a_S + u * p.b_S))).sum(axis=0)
    return x, *_heats(p, x)


def _reflected(p: _Pair) -> _Three:
    """Return the integrals for a narrow pole: the part even in a, with imaginary part proportional to g, and (pi/2)
    tan(pi a/b).
    """
    n = _SHIFT
    product_P = (n * p.b_P) ** 2 - p.a_P**2
    product_S = (n * p.b_S) ** 2 - p.a_S**2
    step = n * n * p.db * (p.b_P + p.b_S) - p.da * (p.a_P + p.a_S)
    x = 0.5 * _log_ratio(product_P, product_S, step)
    sign = np.array([1.0, -1.0]).reshape(-1, *(1,) * p.a_P.ndim)
    both = _series_difference(n * p.b_P + sign * p.a_P, n * p.b_S + sign * p.a_S, p, _NEAR_TERMS, sign)
    x += 0.5 * (both[0] + both[1])
    cross = p.b_S * p.da - p.db * p.a_S  # b_S a_P - b_P a_S
    u = (np.arange(n) + 0.5).reshape(-1, *(1,) * p.a_P.ndim)
    terms = u / (((u * p.b_P) ** 2 - p.a_P**2) * ((u * p.b_S) ** 2 - p.a_S**2))
    x -= cross * (p.b_S * p.a_P + p.b_P * p.a_S) * terms.sum(axis=0)
    x += (
        0.5
        * np.pi
        * _tan_difference(np.pi * p.a_P / p.b_P, np.pi * p.a_S / p.b_S, np.pi * cross / (p.b_P * p.b_S))
    )
    return x, *_heats(p, x)


def _heats(p: _Pair, x: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    v = -p.da.imag
    return 1j * p.a_P * x - v, v - 1j * p.a_S * x


def _series_difference(
    c_P: ComplexArray, c_S: ComplexArray, p: _Pair, terms: int, sign: float | FloatArray = 1.0
) -> ComplexArray:
    """Return sum_j s_j [(b_P/c_P)^2j - (b_S/c_S)^2j], c = n b + sign a: a divided difference, by Horner's rule
    twice.
    """
    r_P, r_S = (p.b_P / c_P) ** 2, (p.b_S / c_S) ** 2
    product = c_P * c_S
    difference = sign * (p.db * p.a_S - p.b_S * p.da) * (p.b_P * c_S + p.b_S * c_P) / (product * product)
    value = np.full_like(r_P, _SERIES[terms - 1])
    slope = value.copy()
    for s in _SERIES[terms - 2 :: -1] if terms > 1 else ():
        value *= r_P
        value += s
        slope *= r_S
        slope += value
    return np.asarray(slope * difference)


def _log_ratio(c_P: ComplexArray, c_S: ComplexArray, dc: ComplexArray) -> ComplexArray:
    """Return ln(c_P/c_S) for numbers with positive real part, dc = c_P - c_S; real and imaginary part keep full
    precision.
    """
    turned = dc * c_S.conj()
    norm_S = c_S.real**2 + c_S.imag**2
    ratio = (dc * (c_P + c_S).conj()).real / norm_S
    near = np.abs(ratio) < 0.5
    modulus = np.where(near, np.log1p(np.where(near, ratio, 0.0)), 2 * np.log(np.abs(c_P) / np.abs(c_S)))
    return 0.5 * modulus + 1j * np.arctan2(turned.imag, norm_S + turned.real)


def _log1p_less_linear(q: ComplexArray) -> ComplexArray:
    """Return log(1 + q) - q for |q| < 0.02."""
    total = np.full_like(q, -1.0 / 12)
    for m in range(11, 1, -1):
        total *= q
        total += (-1.0) ** (m + 1) / m
    return total * q * q


def _tan_difference(x_P: ComplexArray, x_S: ComplexArray, step: ComplexArray) -> ComplexArray:
    """Return tan x_P - tan x_S = sin(step)/(cos x_P cos x_S), with the growing exponentials factored out.

    What is left of their exponents, |Im step| - |Im x_P| - |Im x_S|, is formed without the rounding of large angles.
    """
    angles = np.stack([step, x_P + 0.5 * np.pi, x_S + 0.5 * np.pi])
    height = np.abs(angles.imag)
    sine, cosine_P, cosine_S = _scaled_sin(angles, height)
    one_side = x_P.imag * x_S.imag > 0.0
    left = np.exp(np.where(one_side, -2.0 * np.minimum(height[1], height[2]), 0.0))
    return np.asarray(left * sine / (cosine_P * cosine_S))


def _scaled_sin(z: ComplexArray, height: FloatArray) -> ComplexArray:
    """Return sin(z) exp(-|Im z|), ``height`` = |Im z|."""
    fall = np.expm1(-2 * height)
    scaled = np.empty_like(z)
    scaled.real = (1 + 0.5 * fall) * np.sin(z.real)
    scaled.imag = np.copysign(0.5, z.imag) * -fall * np.cos(z.real)
    return scaled
