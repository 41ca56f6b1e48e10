"""The mains of a grid, whose frequency wanders, beside holds of 30 s."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.heating.estimator import EstimatorSettings, estimate_holds
from analysis.heating.line import Line
from analysis.heating.lines import measure_lines
from analysis.heating.wandering_lines import WanderingLines
from simulators.signal.mains import Mains, MainsParameters
from tests.support.physics.made_holds import RISE_K, RATE_Hz, SEEBECK_V_per_K, made_hold

N = 60_000
DENSITY_V = 10e-9
"""Noise of the thermocouple, V per root Hz."""


def holds(n, wander_Hz, density_V=DENSITY_V):
    """Holds with a minute between them, beside 1 uV of the mains."""
    noise_V = density_V * np.sqrt(RATE_Hz / 2.0)
    parameters = MainsParameters(
        frequency_Hz=50.0, wander_Hz=wander_Hz, harmonics=[1.0, 0.1, 0.3], current_A=0.0, thermocouple_V=1e-6
    )
    mains, rng = Mains(parameters, 1e-6, np.random.default_rng(3)), np.random.default_rng(4)
    return [
        made_hold(n=N, rng=rng, noise_V=noise_V, drift_V=lambda t, at=at: mains.values(at + t))
        for at in 90.0 * np.arange(n)
    ]


def estimates(made):
    lines = measure_lines(made)
    settings = EstimatorSettings(SEEBECK_V_per_K, lines=lines)
    return lines, list(estimate_holds(made, settings))


@pytest.mark.parametrize("wander_Hz", [0.0, 0.02, 0.05])
def test_the_noise_is_that_of_the_thermometer(wander_Hz):
    lines, found = estimates(holds(10, wander_Hz))

    assert [round(line.frequency_Hz / 50.0) for line in lines] == [1, 2, 3]  # and no side lobe at 60 Hz
    assert np.mean([one.white_V2_per_Hz for one in found]) == pytest.approx(DENSITY_V**2, rel=0.05)


def test_the_rises_are_moved_by_far_less_than_the_noise_does():
    steady, wandering = (estimates(holds(10, wander_Hz, 3e-12))[1] for wander_Hz in (0.0, 0.02))

    off_K = {
        name: max(abs(one.dT_pos_K - RISE_K["+"]) for one in some)
        for name, some in (("steady", steady), ("wandering", wandering))
    }
    noise_K = np.sqrt(3.0 * DENSITY_V**2 / 30.0) / SEEBECK_V_per_K  # 3 S / T
    assert off_K["steady"] < 0.01 * noise_K
    assert off_K["wandering"] < 0.2 * noise_K


def test_a_hold_shorter_than_two_windows_is_left_as_it_is():
    short = [replace(hold, **_first(hold, 3500)) for hold in holds(1, 0.02)]

    (with_lines,) = estimate_holds(short, EstimatorSettings(SEEBECK_V_per_K, lines=(Line(50.0),)))

    assert with_lines.rejected == ""
    assert abs(with_lines.dT_pos_K - RISE_K["+"]) < 4.0 * np.sqrt(with_lines.covariance_K2[0, 0])


def _first(hold, n):
    first, _ = hold.samples
    arrays = ("bias_V", "current_A", "thermocouple_V", "railed")
    return {"samples": (first, first + n), **{name: getattr(hold, name)[:n] for name in arrays}}


@pytest.mark.parametrize("kept", [1, 3, 20])
def test_periods_that_are_left_out_make_no_line_of_noise(kept):
    """A few samples in the middle of an excluded second: sine and cosine there may be nearly 0."""
    at = np.concatenate([np.arange(4000), np.arange(5000, 5000 + kept), np.arange(6001, 10_001)])
    phase = 2.0 * np.pi * 50.0 / RATE_Hz * at
    noise = np.random.default_rng(2).standard_normal(at.size)

    lines = WanderingLines(at, RATE_Hz, np.array([np.sin(phase), np.cos(phase)])).of(noise)

    assert np.abs(lines).max() < 0.2  # 0.03 each, of windows of 2000 samples
