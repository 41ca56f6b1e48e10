"""Independent routes to the integrals of Landauer theory: 50-digit arithmetic, and quadrature of the definitions."""

import mpmath

from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.transport.landauer import WATT_PER_eV2


def level_currents(energy_eV, probe_eV, substrate_eV, drop, bias_V, probe_K, substrate_K):
    """(I, Q_P, Q_S) of one level with 50 digits, by a difference of digammas that then costs nothing."""
    with mpmath.workdps(50):
        g = (mpmath.mpf(probe_eV) + mpmath.mpf(substrate_eV)) / 2
        v = mpmath.mpf(bias_V)
        mu_P = mpmath.mpf(drop) * v
        k = mpmath.mpf(BOLTZMANN_eV_per_K)

        def phi(mu, T):
            kT = k * mpmath.mpf(T)
            z = mpmath.mpf("0.5") + mpmath.mpc(g, mpmath.mpf(energy_eV) - mu) / (2 * mpmath.pi * kT)
            return mpmath.digamma(z) + mpmath.log(kT)

        difference = phi(mu_P, probe_K) - phi(mu_P - v, substrate_K)
        product = mpmath.mpf(probe_eV) * mpmath.mpf(substrate_eV)
        number = -product / g * difference.imag
        first = product * difference.real + energy_eV * number  # integral of E tau (f_P - f_S)
        heats = mu_P * number - first, first - (mu_P - v) * number
        return float(G0_S * number), float(WATT_PER_eV2 * heats[0]), float(WATT_PER_eV2 * heats[1])


def by_definition(levels, bias_V, probe_K, substrate_K):
    """(I, Q_P, Q_S) of levels (eps, Gamma_P, Gamma_S) by 25-digit quadrature of the definitions, symmetric drop."""
    with mpmath.workdps(25):
        mu = mpmath.mpf(bias_V) / 2, -mpmath.mpf(bias_V) / 2
        kT = [mpmath.mpf(BOLTZMANN_eV_per_K) * T for T in (probe_K, substrate_K)]
        steps = (-60, -30, -15, -7, -3, 0, 3, 7, 15, 30, 60)
        edges = {m + n * k for m, k in zip(mu, kT, strict=True) for n in steps}
        low, high = min(edges), max(edges)
        for eps, probe, substrate in levels:
            edges |= {eps + n * (probe + substrate) for n in (-100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100)}
        inside = sorted(e for e in edges if low <= e <= high)

        def fermi(energy, m, k):
            return 1 / (1 + mpmath.exp((energy - m) / k))

        def integrand(energy):
            tau = sum(p * s / ((energy - eps) ** 2 + ((p + s) / 2) ** 2) for eps, p, s in levels)
            return tau * (fermi(energy, mu[0], kT[0]) - fermi(energy, mu[1], kT[1]))

        number = mpmath.quad(integrand, inside)
        first = mpmath.quad(lambda energy: energy * integrand(energy), inside)
        heats = mu[0] * number - first, first - mu[1] * number
        return float(G0_S * number), float(WATT_PER_eV2 * heats[0]), float(WATT_PER_eV2 * heats[1])


def level_moments(energy_eV, probe_eV, substrate_eV, temperature_K):
    """K_0, K_1, K_2 of one level with 50 digits, by the trigamma function."""
    with mpmath.workdps(50):
        g = (mpmath.mpf(probe_eV) + mpmath.mpf(substrate_eV)) / 2
        product = mpmath.mpf(probe_eV) * mpmath.mpf(substrate_eV)
        kT = mpmath.mpf(BOLTZMANN_eV_per_K) * mpmath.mpf(temperature_K)
        w = mpmath.mpc(energy_eV, -g)
        F = -1j / (2 * mpmath.pi * kT) * mpmath.psi(1, mpmath.mpf("0.5") + 1j * w / (2 * mpmath.pi * kT))
        return (
            float(-product / g * F.imag),
            float(-product / g * (w * F).imag),
            float(product - product / g * (w * w * F).imag),
        )
