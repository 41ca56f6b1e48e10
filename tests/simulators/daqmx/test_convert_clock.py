"""Times of the conversions in a scan, against the M Series manual, 4-26."""

import math

import pytest

from simulators.daqmx.convert_clock import ConvertClock
from simulators.daqmx.errors import DaqError
from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.ni6281 import NI6281Parameters
from tests.support.instruments.daq_client import Client, refused

CARD = load_parameters().section("ni6281", NI6281Parameters)


@pytest.mark.parametrize(
    ("rate_Hz", "n", "expected_us"),
    [
        (2e3, 4, [0.15, 12.15, 24.15, 36.15]),
        (20.8e3, 4, [0.15, 12.15, 24.15, 36.15]),
        (25e3, 4, [0.15, 10.15, 20.15, 30.15]),
        (125e3, 4, [0.15, 2.15, 4.15, 6.15]),
        (2e3, 1, [0.15]),
    ],
)
def test_conversions_have_10_us_to_spare_where_the_period_allows(
    rate_Hz: float, n: int, expected_us: list[float]
) -> None:
    clock = ConvertClock()
    clock.verify(CARD, n, 1 / rate_Hz)
    assert [1e6 * at_s for at_s in clock.times_s(CARD, n, 1 / rate_Hz)] == pytest.approx(
        expected_us, rel=1e-9
    )


def test_rate_and_delay_are_obeyed_in_whole_ticks() -> None:
    clock = ConvertClock(rate_Hz=1 / 60.02e-6, delay_s=20.01e-6)
    times_us = [1e6 * at_s for at_s in clock.times_s(CARD, 4, 500e-6)]
    assert times_us == pytest.approx([20.0, 80.0, 140.0, 200.0], rel=1e-9)


@pytest.mark.parametrize(
    ("clock", "period_s", "code"),
    [
        (ConvertClock(delay_s=50e-9), 500e-6, -200336),
        (ConvertClock(delay_s=495e-6), 500e-6, -200337),
        (ConvertClock(delay_s=20e-6), 8e-6, -200337),
        (ConvertClock(rate_Hz=6e5), 500e-6, -200077),
        (ConvertClock(rate_Hz=5e3), 500e-6, -200081),
    ],
)
def test_conversions_that_do_not_fit_are_refused(clock: ConvertClock, period_s: float, code: int) -> None:
    with pytest.raises(DaqError) as refusal:
        clock.verify(CARD, 4, period_s)
    assert refusal.value.code == code


def test_clients_read_set_and_reset_rate_and_delay(bench: SimulatedBench, daq: Client) -> None:
    task = daq.inputs()
    assert 1 / task.timing.ai_conv_rate == pytest.approx(12e-6)
    assert task.timing.delay_from_samp_clk_delay == pytest.approx(3)  # ticks
    task.timing.ai_conv_rate = 50e3
    assert 1 / task.timing.ai_conv_rate == pytest.approx(20e-6)
    del task.timing.ai_conv_rate
    assert 1 / task.timing.ai_conv_rate == pytest.approx(12e-6)
    task.timing.ai_conv_rate = 5e3
    with refused(-200081):
        task.start()
    assert math.isinf(bench.scan_due_s(1))


def test_the_low_pass_is_a_property_of_a_channel(daq: Client) -> None:
    channel = daq.inputs().ai_channels[1]
    assert channel.ai_lowpass_enable is False
    channel.ai_lowpass_enable = True
    assert channel.ai_lowpass_enable is True
    assert channel.ai_lowpass_cutoff_freq == 40e3
