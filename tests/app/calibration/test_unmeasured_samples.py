"""Calibrations from recordings of paper in which parts could not be measured: the truth comes back, or no number."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.recording.header import Calibration
from analysis.records import Event, EventKind
from app.calibration import probe, rig_parts
from app.calibration.heater import heater as heater_result
from app.calibration.result import PreviousCalibration

RATE_Hz, STEP_S = 2000.0, 0.5
STARTED = "2026-11-30T12:00:00+00:00"
EMPTY = SimpleNamespace(newest=lambda *_, **__: None)


class Paper:
    """Recording whose steps last half a second each; ``volts`` holds each channel's samples."""

    path, rate_Hz = Path("paper.h5"), RATE_Hz

    def __init__(self, steps, volts, rig=None, **settings):
        n = round(STEP_S * RATE_Hz)
        self.events = [
            Event(n * (k + last), EventKind.STEP, name, {"phase": phase, "ended": "finished"})
            for k, name in enumerate(steps)
            for last, phase in enumerate(("begin", "end"))
        ]
        self._volts = volts
        self.header = SimpleNamespace(
            settings={"current_gain_V_per_A": 1e6, "current_full_scale_V": 10.0, **settings},
            calibrations={"thermocouple_seebeck": Calibration(16.3e-6, "V/K", 2e-7),
                          "thermal_resistance": Calibration(72_800.0, "K/W", 500.0)},
            channel_names=tuple(volts), rig=rig or {}, started=STARTED,
        )  # fmt: skip

    def samples(self, start, stop, names):
        return np.array([self._volts[name][start:stop] for name in names])


def each(values):
    return np.repeat(values, round(STEP_S * RATE_Hz))


# ---- current amplifier ----


def amplifier(offset_V=0.0, lost=0, true_V_per_A=1.003e6):
    rng = np.random.default_rng(1)
    levels_V = np.tile(np.linspace(-9.5, 9.5, 11), 6)
    bias_V = each(levels_V)
    output_V = true_V_per_A * bias_V / 1e6 + offset_V + 1e-3 * rng.standard_normal(len(bias_V))
    current = np.clip(output_V, -10.0, 10.0)
    current[len(current) // 2 : len(current) // 2 + lost] = np.nan
    rig = {"current_amplifier": {"gain_V_per_A": 1e6}}
    recording = Paper(["level"] * len(levels_V), {"bias": bias_V, "current": current}, rig)
    known = PreviousCalibration(SimpleNamespace(current_amplifier=SimpleNamespace(inverting=False)), EMPTY)
    return rig_parts.amplifier(recording, {"resistance": 1e6, "resistance_percent": 0.01}, known)


@pytest.mark.parametrize(("offset_V", "lost"), [(0.0, 0), (0.6, 0), (-2.0, 0), (0.0, 700), (0.6, 700)])
def test_the_gain_of_an_amplifier_comes_from_levels_that_it_measured(offset_V, lost):
    """With levels at the rail the gain was wrong by 0.31 +- 0.07 % (0.6 V) or 3.6 +- 0.8 % (-2 V)."""
    found = amplifier(offset_V, lost)
    gain, offset = found.quantities
    assert abs(gain.value - 1.003e6) < 2.5 * gain.uncertainty
    assert gain.uncertainty < 5e-4 * gain.value
    assert abs(offset.value - offset_V) < 3.0 * offset.uncertainty
    assert bool([one for one in found.remarks if "left out" in one]) is bool(offset_V or lost)


# ---- noise of the thermometer ----


def noise(offset_V, lost=()):
    rng = np.random.default_rng(2)
    volts = 5e-3 * rng.standard_normal(40 * round(STEP_S * RATE_Hz))
    out = np.clip(volts + each(offset_V), -5.0, 5.0)
    for step in lost:
        out[step * 1000 + 10] = np.nan
    recording = Paper(
        ["listen"] * 40, {"thermocouple": out}, thermocouple_gain=5e4, thermocouple_full_scale_V=5.0
    )
    described = SimpleNamespace(id="tip", seebeck_V_per_K=16.3e-6)
    return probe.noise(recording, {}, PreviousCalibration(SimpleNamespace(probe=described), EMPTY))


def test_the_noise_of_a_thermometer_is_not_that_of_its_rail():
    """Records at the rail are quieter than any preamplifier: with half of them the noise was too small by 30 %."""
    true = 5e-3 / 5e4 * (2.0 / RATE_Hz) ** 0.5
    found = noise(np.where(np.arange(40) < 20, 0.0, 5.1), lost=(3, 4))
    assert found.record.white_V_per_rtHz == pytest.approx(true, rel=0.03)
    assert any("22 of 40 records are left out" in one for one in found.remarks)
    assert not any("left out" in one for one in noise(np.zeros(40)).remarks)
    with pytest.raises(ValueError, match="at its rail"):
        noise(np.full(40, 5.1))


# ---- heater ----


def heated(clip_V=5.0, offset_V=0.0, lost=(), gain=5e3, kelvin_per_W=72_800.0):
    rng = np.random.default_rng(3)
    peaks_V = np.zeros(33)
    peaks_V[1::2] = np.tile([0.45, -0.45, 0.64, -0.64], 4)
    steps = ["heater on" if peak_V else "heater off" for peak_V in peaks_V]
    heater_V = each(peaks_V)
    rise_K = kelvin_per_W * heater_V**2 / 1e3 + 0.02 * rng.standard_normal(len(heater_V))
    volts = {
        "heater": heater_V,
        "thermocouple": np.clip(-gain * 16.3e-6 * rise_K - offset_V, -clip_V, clip_V),
        "current": 1e-4 * rng.standard_normal(len(heater_V)),
    }
    for step in lost:
        volts["thermocouple"][1000 * step + 50 : 1000 * step + 90] = np.nan
    rig = {"heater": {"readback": "heater", "resistance_ohm": 1e3}}
    recording = Paper(steps, volts, rig, thermocouple_gain=gain, thermocouple_full_scale_V=clip_V)
    section = SimpleNamespace(
        where="tip", resistance_ohm=1e3, resistance_uncertainty_ohm=1.0, kelvin_per_W=72_800.0
    )
    described = SimpleNamespace(heater=section, probe=SimpleNamespace(id="tip"))
    return heater_result(recording, {}, PreviousCalibration(described, EMPTY))


@pytest.mark.parametrize(
    ("world", "left_out"),
    [({}, 0), ({"lost": (3, 8)}, 2), ({"offset_V": 2.8}, 8), ({"offset_V": 2.8, "lost": (1,)}, 9)],
)
def test_the_rise_of_a_heater_comes_from_stretches_that_the_thermometer_measured(world, left_out):
    """The larger power at the rail gave 67.3 +- 1.2 K/mW of 72.8; one lost sample gave no number at all."""
    found = heated(**world)
    assert found.record.kelvin_per_W == pytest.approx(72_800.0, rel=5e-3)
    assert abs(found.record.kelvin_per_W - 72_800.0) < 2.5 * found.record.kelvin_per_W_uncertainty
    said = [one for one in found.remarks if "left out" in one]
    assert (f"{left_out} of 33 stretches" in said[0]) if left_out else not said
