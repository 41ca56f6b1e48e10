"""Held junctions with flicker and telegraph noise of known truth."""

import numpy as np

from tests.support.physics.weyl import frac, normal

RATE_Hz, WINDOW_s = 10_000.0, 0.1


def tone_holds(junctions: int = 60, exponent: float = 1.4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return holds of 0.1 s made of tones, their conductance, and their noise power by the trapezoid, without chance.

    Tones at 10 ... 2000 Hz, power ~ 1/f, scaled so that the trapezoid of the periodogram from 100 to 1000 Hz is
    10^-4.5 G^exponent times a residual of 0.25 decades.
    """
    j = np.arange(1, junctions + 1)
    log_g = -4.0 + 1.5 * frac(j * np.sqrt(2))
    log_np = exponent * log_g - 4.5 + 0.25 * normal(j * np.sqrt(3))
    n = round(WINDOW_s * RATE_Hz)
    i = np.arange(1, 201)
    tone_Hz = 10.0 * i
    density = 1.0 / tone_Hz  # a tone of amplitude a has density a^2 / (2 step)
    inside = (tone_Hz >= 100.0) & (tone_Hz <= 1000.0)
    area = np.trapezoid(density[inside], tone_Hz[inside])
    amplitude = np.sqrt(2.0 * 10.0 * density / area)
    phase = 2.0 * np.pi * frac(np.outer(j, i) * np.sqrt(5))
    tones = np.zeros((junctions, n // 2 + 1), dtype=complex)
    tones[:, i] = 0.5 * n * amplitude * np.exp(1j * phase)
    noise = np.fft.irfft(tones, n)
    g = 10.0**log_g
    return g[:, None] + np.sqrt(10.0**log_np)[:, None] * noise, g, 10.0**log_np


def flicker_hold(
    rng: np.random.Generator, level_G0: float, power_G02: float, seconds: float, rate_Hz: float = RATE_Hz
) -> np.ndarray:
    """Return a hold with noise of density 1/f whose power from 100 to 1000 Hz is given."""
    n = round(seconds * rate_Hz)
    frequency_Hz = np.fft.rfftfreq(n, 1.0 / rate_Hz)
    density = power_G02 / np.log(10.0) / np.maximum(frequency_Hz, frequency_Hz[1])
    density[0] = 0.0
    white = rng.standard_normal(frequency_Hz.size) + 1j * rng.standard_normal(frequency_Hz.size)
    return level_G0 + np.fft.irfft(white * np.sqrt(density * rate_Hz * n) / 2.0, n)


def telegraph_golden() -> tuple[np.ndarray, np.ndarray]:
    """Return 6898 samples of 0.1 ms between 1 and 1.5 mG0, and their states; dwell times of 5 and 2 ms, no chance."""
    k = np.arange(1, 101)
    dwells = [
        np.maximum(1, np.round(tau * -np.log(1.0 - frac(k * np.sqrt(root))) / 1e-4).astype(int))
        for tau, root in ((5e-3, 2), (2e-3, 3))
    ]
    states = np.repeat(np.tile([0, 1], k.size), np.stack(dwells, axis=1).ravel())
    i = np.arange(1, states.size + 1)
    return 1e-3 * (1.0 + 0.5 * states) + 1e-4 * (frac(i * np.sqrt(7)) - 0.5), states


def telegraph_hold(
    rng: np.random.Generator,
    seconds: float,
    tau_s: tuple[float, float],
    sigmas: float,
    rate_Hz: float = RATE_Hz,
) -> np.ndarray:
    """Return a hold that jumps between 0 and ``sigmas`` in noise of unit variance, dwell times exponential."""
    n, at, state, values = round(seconds * rate_Hz), 0.0, 0, []
    edges = []
    while at < seconds:
        at += rng.exponential(tau_s[state])
        edges.append(at)
        values.append(state)
        state = 1 - state
    time_s = np.arange(n) / rate_Hz
    states = np.array(values)[np.searchsorted(edges, time_s, side="right")]
    return sigmas * states + rng.standard_normal(n)
