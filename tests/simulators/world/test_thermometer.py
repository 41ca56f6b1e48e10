"""The thermometer as it is sampled: thermocouple, preamplifier with its low pass, converter."""

from functools import cache

import numpy as np
import pytest
from scipy.signal import welch

from analysis.constants import BOLTZMANN_J_per_K
from analysis.heating.programme import three_level
from simulators.parameters import load_parameters
from simulators.rig.signal_chain import SignalChain
from tests.support.instruments.stand_ins import scanning

RATE_Hz, GAIN, SEEBECK_V_per_K = 2000.0, 1e4, 16.3e-6
CORNER_Hz = 1000.0
WHITE_V2_per_Hz = 4.0 * BOLTZMANN_J_per_K * 300.0 * 5000.0 + (4e-9) ** 2
MASKED = 6
OVERRIDES = {
    "mains.thermocouple_V": 0.0,
    "thermal.tip_drift_K": 0.0,
    "sr560.gain_error": 0.0,
    "surface.initial_gap_nm": 500.0,
}


class Thermometer:
    """A tip far from the surface, and the volts of its thermocouple that the card reads, over the gain."""

    def __init__(self, seed: int, **overrides: object) -> None:
        parameters = load_parameters(overrides={**OVERRIDES, **overrides})
        *parts, converter = np.random.default_rng(seed).spawn(4)
        self._chain = SignalChain.built(parameters, 0, parts)
        self._chain.voltage_preamplifier.receive(b"LALL\r\nCPLG 1\r\nFLTM 1\r\nLFRQ 9\r\nGAIN 12\r\n")
        self._converter = scanning(parameters, [10.0] * 4, RATE_Hz, converter)
        self.read(np.zeros(20))

    def read(self, bias_V: np.ndarray) -> np.ndarray:
        volts = self._chain.advance(bias_V, np.zeros(len(bias_V)), 1 / RATE_Hz, 0.0)
        scanned = np.array([volts[name] for name in ("bias", "z", "thermocouple", "current")])
        return self._converter.convert(scanned)[2] / GAIN


def sampled_density(frequency_Hz: np.ndarray) -> np.ndarray:
    """White noise behind one pole and what folds back onto it, plus 1/f noise behind the pole."""
    pole = np.exp(-2.0 * np.pi * CORNER_Hz / RATE_Hz)
    variance = WHITE_V2_per_Hz * np.pi / 2.0 * CORNER_Hz
    turn = np.cos(2.0 * np.pi * frequency_Hz / RATE_Hz)
    white = 2.0 / RATE_Hz * variance * (1.0 - pole**2) / (1.0 + pole**2 - 2.0 * pole * turn)
    pink = (4e-9) ** 2 * 20.0 / frequency_Hz / (1.0 + (frequency_Hz / CORNER_Hz) ** 2)
    return white + pink


def test_white_noise_folds_back_by_the_known_factor() -> None:
    """(pi/2) coth(pi/2) = 1.713 at low frequencies for 1 kHz, 6 dB/octave, at 2 kHz."""
    low = sampled_density(np.array([60.0]))[0] - (4e-9) ** 2 * 20.0 / 60.0
    assert low / WHITE_V2_per_Hz == pytest.approx(1.713, rel=5e-3)


def test_density_of_the_sampled_channel_is_that_of_the_real_chain() -> None:
    thermometer = Thermometer(1)
    volts = np.concatenate([thermometer.read(np.zeros(20_000)) for _ in range(100)])
    frequency, density = welch(volts, RATE_Hz, nperseg=8000)
    for low, high in ((2, 8), (8, 30), (30, 100), (100, 300), (300, 600), (600, 950)):
        band = (frequency >= low) & (frequency < high)
        assert density[band].mean() == pytest.approx(sampled_density(frequency[band]).mean(), rel=0.05)


@cache
def estimates(holds: int = 500, amplitude_V: float = 1.27) -> np.ndarray:
    """(dT+, dT-) of each of the holds of 5 s out of contact, in K; regression with a parabola as baseline."""
    programme = three_level(amplitude_V).bias_V(RATE_Hz)
    bias_V = np.tile(programme, 2)[:10_000]
    edges = np.flatnonzero(np.diff(bias_V, prepend=np.inf))
    kept = np.ones(len(bias_V), dtype=bool)
    for masked in range(MASKED + 1):  # and the sample in which the card's output changes
        kept[np.minimum(edges + masked, len(bias_V) - 1)] = False
    shown_V = np.concatenate(([0.0], bias_V[:-1]))
    t = np.linspace(-1.0, 1.0, len(bias_V))
    design = np.stack([shown_V > 0, shown_V < 0, t**0, t, t**2], axis=1).astype(float)
    solve = np.linalg.pinv(design[kept])[:2]
    thermometer = Thermometer(2)
    return np.array(
        [-solve @ thermometer.read(bias_V)[kept] / SEEBECK_V_per_K for _ in range(holds)], dtype=float
    )


def test_resolution_of_a_hold_of_5_s() -> None:
    """0.69 mK: S_w 1.713 x (3 x masked share) + 2.375 f_c/f_M of the preamplifier's 1/f noise, over 5 s."""
    found = 1e3 * estimates().std(axis=0, ddof=1)
    assert found == pytest.approx([0.69, 0.69], rel=4 / np.sqrt(2 * len(estimates())))
    assert np.corrcoef(estimates().T)[0, 1] == pytest.approx(0.5, abs=0.1)


def test_full_bias_out_of_contact_shows_nothing() -> None:
    """12 us after the channel before, the converter has settled: nothing of the bias is left in the thermometer."""
    standard_error_K = 0.69e-3 / np.sqrt(len(estimates()))
    assert estimates().mean(axis=0) == pytest.approx([0.0, 0.0], abs=3 * standard_error_K)
