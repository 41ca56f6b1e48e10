"""Conversion times of a scan, the filter of the inputs, and the card's report of itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from drivers.daqmx.scan_timing import filter_fits
from drivers.errors import SamplesLost
from drivers.ni6281 import NI6281
from simulators.daqmx.server import DaqServer
from simulators.rig.faults import FifoOverflow
from tests.support.instruments.loopback import INPUTS, NOISE_V, opened, served

BIAS_FIRST = (INPUTS[2], INPUTS[3], INPUTS[1], INPUTS[0])
STAIRS_V = np.repeat([0.2, 0.4, 0.6], 5)


def times_us(card: NI6281) -> dict[str, float]:
    return {name: round(1e6 * at_s, 3) for name, at_s in card.report.scan_times_s.items()}


def shown(card: NI6281, n: int = 15) -> tuple[np.ndarray, np.ndarray]:
    """Bias and current (half the bias) during a staircase of the bias."""
    card.write(bias=0.0, z=0.0)
    card.start_acquisition()
    card.start_ramp({"bias": STAIRS_V})
    block = card.read(n)
    return block.channel("bias"), block.channel("current")


def test_the_first_conversion_waits_for_the_outputs(server: DaqServer) -> None:
    """All channels show the output of their own tick, also a bias that is scanned first."""
    with opened(server.port, inputs=BIAS_FIRST) as card:
        bias_V, current_V = shown(card)
        assert bias_V == pytest.approx(STAIRS_V, abs=NOISE_V)
        assert current_V == pytest.approx(STAIRS_V / 2, abs=NOISE_V)
        assert times_us(card) == {"bias": 20.0, "z": 32.0, "thermocouple": 44.0, "current": 56.0}
        assert not card.report.filtered


def test_a_card_that_refuses_the_delay_scans_the_first_channel_twice() -> None:
    with (
        served(refuses_convert_delay=True) as server,
        opened(server.port, inputs=BIAS_FIRST, filtered=True) as card,
    ):
        bias_V, current_V = shown(card)
        assert bias_V == pytest.approx(STAIRS_V, abs=NOISE_V)
        assert current_V == pytest.approx(STAIRS_V / 2, abs=NOISE_V)
        assert times_us(card) == {"bias": 12.15, "z": 24.15, "thermocouple": 36.15, "current": 48.15}
        assert card.report.first_channel_doubled and not card.report.filtered
        assert card.read(10).data.shape == (4, 10)


def test_the_filter_is_used_where_it_settles_between_two_channels(server: DaqServer) -> None:
    """It follows the multiplexer: 12 us after a channel, 4.9 % of the step from it would be left."""
    with opened(server.port, inputs=BIAS_FIRST, filtered=True) as card:
        card.write(bias=2.0, z=10.0)
        card.start_acquisition()
        assert card.report.filtered
        assert times_us(card) == {"bias": 20.0, "z": 80.0, "thermocouple": 140.0, "current": 200.0}
        assert card.read(50).channel("thermocouple") == pytest.approx(0.0, abs=1e-3)
    assert filter_fits(4, 2000.0) and not filter_fits(4, 5000.0)
    with opened(server.port, filtered=True, rate_Hz=125e3) as card:
        card.start_acquisition()
        assert not card.report.filtered
        assert times_us(card)["current"] == 0.15  # there is no time to wait, which the recording says


def test_the_card_reports_its_ranges_and_calibrations(card: NI6281) -> None:
    report = card.report
    assert report.product_number == 0x70BF
    assert report.clock_Hz == 2000.0
    assert report.input_ranges_V == dict.fromkeys(("current", "thermocouple", "bias", "z"), 10.0)
    assert report.output_ranges_V == {"bias": (-2.0, 2.0), "z": (0.0, 10.0)}
    assert 30.0 < report.temperature_C < 45.0
    assert report.self_calibrated is not None and report.externally_calibrated is not None
    settings = report.settings()
    assert settings["output_ranges_V"] == {"bias": [-2.0, 2.0], "z": [0.0, 10.0]}
    assert datetime.fromisoformat(settings["self_calibrated"]) == report.self_calibrated
    assert list(report.warnings(datetime.now(UTC))) == []


def test_old_calibrations_and_another_temperature_are_warned_of(card: NI6281) -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    doubtful = replace(
        card.report,
        temperature_C=49.0,
        self_calibrated_C=36.0,
        self_calibrated=now - timedelta(days=400),
        externally_calibrated=now - timedelta(days=800),
    )
    warm, own, external = doubtful.warnings(now)
    assert "13 K above its last self-calibration" in warm
    assert "2025-10-25" in own and "self-calibrate it in NI MAX" in own
    assert "2024-09-20" in external and "calibration laboratory" in external
    assert list(replace(doubtful, self_calibrated_C=float("nan")).warnings(now)) == [
        own,
        external,
    ]


@pytest.mark.parametrize("in_transfer", [False, True])
def test_an_overflow_of_the_cards_memory_says_what_is_missing(
    card: NI6281, server: DaqServer, in_transfer: bool
) -> None:
    code = -200714 if in_transfer else -200361
    card.read(100)
    server.bench.faults.add(FifoOverflow(150, in_transfer))
    with pytest.raises(SamplesLost) as caught:
        card.read(100)
    assert caught.value.code == code
    message = str(caught.value)
    assert f"Acquisition lost: the controller did not fetch in time ({code})" in message
    assert "50 samples from index 100 on are missing" in message
    with pytest.raises(SamplesLost):  # never restarted silently
        card.read(1)
