"""Noise thermometer as it comes: contacts of a known temperature, and the mean of the first of them."""

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.thermoelectric.noise_run import analyse_noise
from analysis.thermoelectric.noise_thermometer import FOUR_K
from app.viewmodels.noise_thermometer_view import snapshot_of
from tests.support.recordings.noise_contacts import noise_runs


def snapshot(runs):
    return snapshot_of(analyse_noise(runs), runs[-1])


def test_noise_without_the_amplifier_lies_on_the_line_of_the_temperature():
    shown = snapshot(noise_runs(relative=0.0))
    assert shown.problem == "" and shown.contacts == 24
    for one, truth_K in zip(shown.sets, (300.0, 315.0), strict=True):
        assert one.mean.temperature_K == pytest.approx(truth_K)
        assert one.running_K == pytest.approx(np.full(12, truth_K))
        assert one.density == pytest.approx(FOUR_K * truth_K * G0_S * one.conductance_G0 / 1e-24)
        assert one.line_density / one.line_G0.max() == pytest.approx([0.0, FOUR_K * truth_K * G0_S / 1e-24])
    thermal = FOUR_K * 300.0 * G0_S / 1e-24 * np.array([0.5, 1.0, 2.0, 0.0])
    assert shown.resistor_density == pytest.approx(thermal, abs=1e-9)


@pytest.mark.parametrize("relative", [0.014, 0.1])
def test_the_running_mean_ends_at_the_result_and_its_error_falls(relative):
    for one in snapshot(noise_runs(relative=relative)).sets:
        assert one.running_K[-1] == one.mean.temperature_K
        assert one.running_sigma_K[-1] == pytest.approx(one.mean.sigma_K, rel=1e-12)
        assert one.running_sigma_K[0] == pytest.approx(
            np.hypot(one.sigma_density[0] / (FOUR_K * G0_S * one.conductance_G0[0] / 1e-24),
                     np.sqrt(one.mean.sigma_K**2 - one.mean.contacts_sigma_K**2))
        )  # fmt: skip


def test_without_resistors_there_is_no_temperature_but_what_to_run():
    shown = snapshot(noise_runs()[-1:])
    assert shown.sets == () and shown.contacts == 24
    assert shown.problem.startswith(
        "24 contacts so far. No calibration by resistors yet: run control-noise-resistor"
    )
    assert "1 of 3 conductances" in shown.problem
    assert "3 of 3" not in snapshot(noise_runs()[2:]).problem, "one resistor and the open input are two"
