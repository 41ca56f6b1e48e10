"""Held junctions through world, amplifiers and converter: what is measured is what the ledger says was dissipated."""

import numpy as np
import pytest

from analysis.heating.programme import three_level
from simulators.parameters import load_parameters
from simulators.rig.signal_chain import SignalChain
from tests.support.instruments.stand_ins import scanning
from tests.support.instruments.tip import STILL, SURE

RATE_Hz, GAIN, SEEBECK_V_per_K, SERIES_ohm = 2000.0, 5e4, 16.3e-6, 50.0
MASKED = 6
NUISANCES = {
    "thermal.tip_ramp_K_per_s": 0.01,
    "mains.frequency_Hz": 60.0,
    "mains.wander_Hz": 0.0,
    "mains.thermocouple_V": 1e-6,
    "thermal.coupling_F": 1e-13,
}


class Rig:
    """A junction and its amplifiers as set for heating, read by the converter."""

    def __init__(self, seed: int, **overrides: object) -> None:
        steady = {"sr560.gain_error": 0.0, "keithley428.gain_error": 0.0, "tunnelling.visible_G0": 1e-6}
        parameters = load_parameters(overrides={**STILL, **SURE, **NUISANCES, **steady, **overrides})
        *parts, converter = np.random.default_rng(seed).spawn(4)
        self.chain = SignalChain.built(parameters, 0, parts)
        self.chain.voltage_preamplifier.receive(b"LALL\r\nCPLG 1\r\nFLTM 1\r\nLFRQ 9\r\nGAIN 14\r\n")
        self.chain.current_amplifier.receive(b"C0N0R5P1T3X")
        self._converter = scanning(parameters, [10.0, 10.0, 10.0, 5.0], RATE_Hz, converter)
        self.z_V = 0.0

    def live(self, bias_V: np.ndarray, z_V: np.ndarray) -> np.ndarray:
        """(bias, z, thermocouple, current) in volts as converted, shape (4, n)."""
        self.z_V = float(z_V[-1])
        volts = self.chain.advance(bias_V, z_V, 1 / RATE_Hz, 0.0)
        names = ("bias", "z", "thermocouple", "current")
        return self._converter.convert(np.array([volts[name] for name in names]))

    def move(self, distance_nm: float, speed_nm_per_s: float, ends) -> None:
        step_V = np.sign(distance_nm) * speed_nm_per_s / 10.0 / RATE_Hz
        for _ in range(int(abs(distance_nm) / speed_nm_per_s * RATE_Hz / 20)):
            self.live(np.full(20, 0.1), np.maximum(self.z_V + step_V * np.arange(1, 21), 0.0))
            if ends(self.chain.world.truth):
                break

    def hold(self, wanted) -> bool:
        """Make a contact and pull until a junction is wanted, or there is none."""
        self.move(60.0, 10.0, lambda truth: truth.conductance_G0 > 5.0)
        self.move(-10.0, 2.0, lambda truth: wanted(truth) or truth.gap_m > 0.9e-9)
        return wanted(self.chain.world.truth)


def regression(bias_V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(kept samples, (2, n_kept) weights) for the two levels' steps, with parabola and mains beside them."""
    shown_V = np.concatenate(([0.0], bias_V[:-1]))
    edges = np.flatnonzero(np.diff(bias_V, prepend=np.inf))
    kept = np.ones(len(bias_V), dtype=bool)
    for masked in range(MASKED + 1):
        kept[np.minimum(edges + masked, len(bias_V) - 1)] = False
    t = np.arange(len(bias_V)) / RATE_Hz
    lines = [f(2 * np.pi * 60.0 * k * t) for k in (1, 2, 3) for f in (np.sin, np.cos)]
    design = np.stack([shown_V > 0, shown_V < 0, t**0, t, t**2, *lines], axis=1).astype(float)
    return kept, np.linalg.pinv(design[kept])


JUNCTIONS = {
    "BDNC": (1.27, (0.0018, 0.0022), "molecule", "bridges"),
    "Au": (0.067, (0.9, 1.1), "contact", "contacts"),
}


def compared(species: str, holds: int, **overrides: object) -> tuple[np.ndarray, np.ndarray]:
    """Measured minus true rise in K, and measured over true power, at +V and -V; shapes (holds, 2)."""
    amplitude_V, window_G0, kind, counted = JUNCTIONS[species]
    lives = {"molecule.BDNC.lifetime_s": 1e9, "gold.lifetime_s": 1e9, "molecule.BDNC.site_jump_Hz": 0.0}
    told = {**lives, "sample.species": species, "molecule.BDNC.spread_decades": 0.05}
    rig = Rig(4, **{**told, **overrides})
    world = rig.chain.world
    bias_V = np.tile(three_level(amplitude_V).bias_V(RATE_Hz), 2)[:10_000]
    kept, solve = regression(bias_V)
    apart_K, ratio = [], []
    while len(apart_K) < holds:
        if rig.hold(lambda truth: truth.state == kind and window_G0[0] < truth.conductance_G0 < window_G0[1]):
            rig.live(np.full(400, 0.1), np.full(400, rig.z_V))
            _, _, thermocouple_V, current_V = rig.live(bias_V, np.full(len(bias_V), rig.z_V))[:, kept]
            rise_K = -solve[:2] @ thermocouple_V / GAIN / SEEBECK_V_per_K
            current_A = (current_V - current_V[bias_V[kept] == 0].mean()) / 1e5
            power_W = current_A * (bias_V[kept] - SERIES_ohm * current_A)
            number, during_s = getattr(world.truth, counted), (world.time_s - 5.0, np.inf)
            true = [world.ledger.account(kind, number, v, during_s) for v in (amplitude_V, -amplitude_V)]
            apart_K.append(rise_K - [account.tip_rise_K for account in true])
            measured_W = [power_W[bias_V[kept] == v].mean() for v in (amplitude_V, -amplitude_V)]
            ratio.append(np.array(measured_W) / [account.total_W for account in true])
        rig.move(-3.0, 20.0, lambda truth: False)
    return np.array(apart_K), np.array(ratio)


@pytest.mark.parametrize("species", JUNCTIONS)
def test_estimates_of_held_junctions_agree_with_the_ledger(species: str) -> None:
    """With a ramp of 10 mK/s, 1 uV of mains at 60 Hz and capacitive spikes three times the usual."""
    apart_K, ratio = compared(species, 30)
    error_K = apart_K.std(axis=0, ddof=1)
    assert error_K == pytest.approx([0.69e-3, 0.69e-3], rel=0.4)
    assert np.abs(apart_K.mean(axis=0) / error_K).max() < 3.0 / np.sqrt(30)
    assert ratio.mean(axis=0) == pytest.approx([1.0, 1.0], abs=1e-3)


@pytest.mark.parametrize("species", JUNCTIONS)
def test_without_noise_they_agree_within_microkelvins(species: str) -> None:
    """The remaining mean is that of the ground current: 10 uohm times 5 uA is 3 uK, odd in the bias."""
    still = {"noise.strength": 0.0, "sr560.noise_V_per_rtHz": 1e-13}
    exact = {
        "ni6281.input_gain_error_ppm": [0.0] * 7,
        "ni6281.inl_ppm": 0.0,
    }  # noise is needed: it is the dither
    apart_K, ratio = compared(species, 20, **still, **exact)
    ground_K = {"BDNC": 0.25e-6, "Au": 3.2e-6}[species]
    # 2 uK a junction is the converter's noise and what levels do while they are masked.
    assert apart_K.mean(axis=0) == pytest.approx([-ground_K, ground_K], abs=3 * 4e-6 / np.sqrt(20))
    assert ratio.mean(axis=0) == pytest.approx([1.0, 1.0], abs=2e-4)  # 2 ohm of the ammeter's in Au's 52
