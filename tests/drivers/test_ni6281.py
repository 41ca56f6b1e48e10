import threading

import numpy as np
import pytest

from drivers.errors import (
    InstrumentLost,
    NotFound,
    NotNow,
    OutOfRange,
    ReadTimeout,
    RigError,
    SamplesLost,
)
from drivers.ni6281 import NI6281, AnalogInput, AnalogOutput, InputReference
from drivers.pxi import PXIController
from simulators.daqmx.server import DaqServer
from simulators.rig.clock import FastClock, WallClock
from simulators.rig.faults import ConnectionLost, DeviceLost, Overrun, Stall
from tests.support.instruments.loopback import (
    BIAS,
    INPUTS,
    LSB_V,
    NOISE_V,
    RATE_HZ,
    Z,
    opened,
    put_out,
    served,
)
from tests.support.patience import ANSWER_S, PATIENCE_S, free_s, wait_until


def test_the_card_says_who_it_is(card: NI6281) -> None:
    assert (card.identity.name, card.identity.product_type) == ("Dev1", "PXI-6281")
    assert card.identity.serial > 0


def test_the_card_reads_its_own_outputs_past_all_cables(card: NI6281, monkeypatch) -> None:
    card.stop_acquisition()
    card.to_safe({"z": 0.0}, ANSWER_S)
    card.write(bias=0.1)

    assert card.own_outputs() == pytest.approx({"bias": 0.1, "z": 0.0}, abs=1e-3)

    def refusing(*_: object) -> dict[str, float]:
        raise NotFound("Physical channel specified does not exist on this device.")

    monkeypatch.setattr("drivers.ni6281.own_outputs_V", refusing)
    assert card.own_outputs() == {}


def test_reads_follow_each_other_without_a_gap_and_count_from_the_start(card: NI6281) -> None:
    blocks = [card.read(n) for n in (1, 200, 37)]

    assert [(block.first, block.stop) for block in blocks] == [(0, 1), (1, 201), (201, 238)]
    assert blocks[0].channels == ("current", "thermocouple", "bias", "z")
    assert blocks[0].rate_Hz == RATE_HZ
    assert not blocks[0].data.flags.writeable


def test_a_new_acquisition_counts_from_zero_again(card: NI6281) -> None:
    card.read(100)
    card.stop_acquisition()
    card.start_acquisition()

    assert card.read(10).first == 0


def test_the_loopbacks_show_what_was_written(card: NI6281) -> None:
    block = card.read(50)

    assert block.channel("bias") == pytest.approx(0.1, abs=NOISE_V)
    assert block.channel("z") == pytest.approx(3.0, abs=NOISE_V)
    assert block.channel("current") == pytest.approx(0.05, abs=NOISE_V)


def test_reading_without_an_acquisition_is_refused(server: DaqServer) -> None:
    with opened(server.port) as card, pytest.raises(NotNow, match="start one first"):
        card.read(1)


def test_a_second_start_is_refused(card: NI6281) -> None:
    with pytest.raises(NotNow, match="is already running"):
        card.start_acquisition()


@pytest.mark.parametrize("n", [0, -1])
def test_a_read_of_nothing_is_refused(card: NI6281, n: int) -> None:
    with pytest.raises(OutOfRange, match="number of samples"):
        card.read(n)


def test_a_read_that_times_out_carries_what_came_and_the_next_goes_on(
    card: NI6281, server: DaqServer
) -> None:
    stall = Stall(from_sample=30)
    server.bench.faults.add(stall)
    with pytest.raises(ReadTimeout) as caught:
        card.read(100)
    server.bench.faults.remove(stall)

    assert caught.value.code == -200284
    assert (caught.value.partial.first, len(caught.value.partial)) == (0, 30)
    assert caught.value.partial.channel("z") == pytest.approx(3.0, abs=NOISE_V)
    assert card.read(10).first == 30


def test_an_overrun_is_samples_lost(card: NI6281, server: DaqServer) -> None:
    card.read(10)
    server.bench.faults.add(Overrun())

    with pytest.raises(SamplesLost) as caught:
        card.read(10)

    assert caught.value.code == -200279
    assert (caught.value.partial.first, len(caught.value.partial)) == (10, 0)


def test_reading_too_seldom_loses_samples() -> None:
    with served(clock := SteppedClock()) as server, opened(server.port) as card:
        card.start_acquisition(buffer_s=0.1)
        clock.step(0.2)
        with pytest.raises(SamplesLost):
            card.read(10)


@pytest.mark.parametrize("fault", [DeviceLost(), ConnectionLost()])
def test_a_lost_card_and_a_lost_server_are_instrument_lost(
    card: NI6281, server: DaqServer, fault: DeviceLost | ConnectionLost
) -> None:
    server.bench.faults.add(fault)

    with pytest.raises(InstrumentLost):
        card.read(10)
    server.bench.faults.clear()  # closing would wait for a test's patience


def test_stopping_ends_a_read_that_waits_in_another_thread() -> None:
    with served(WallClock()) as server, opened(server.port) as card:
        card.start_acquisition()
        ended: list[RigError] = []

        def wait() -> None:
            try:
                card.read(20_000)
            except RigError as error:
                ended.append(error)

        reader = threading.Thread(target=wait)
        reader.start()
        wait_until(lambda: server.bench.acquired)
        begin = free_s()
        card.stop_acquisition()
        reader.join(PATIENCE_S)

    assert free_s() - begin < 2
    assert [type(error) for error in ended] == [NotNow]


def test_another_program_s_acquisition_is_not_now_with_advice(card: NI6281, server: DaqServer) -> None:
    with (
        opened(server.port) as other,
        pytest.raises(NotNow, match="another program uses the card; end it there"),
    ):
        other.start_acquisition()


@pytest.mark.parametrize("terminal", InputReference)
def test_every_terminal_configuration_is_taken(server: DaqServer, terminal: InputReference) -> None:
    inputs = (AnalogInput("bias", "ai2", 1.0, terminal),)
    with opened(server.port, inputs=inputs) as card:
        card.write(bias=0.5)
        card.start_acquisition()

        assert card.read(20).data.mean() == pytest.approx(0.5, abs=NOISE_V)


def test_a_device_or_channel_that_is_not_there_is_not_found(server: DaqServer) -> None:
    with PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S) as controller:
        with pytest.raises(NotFound, match="-200220"):
            NI6281(controller, "Dev9", INPUTS, (BIAS, Z), RATE_HZ)
        with pytest.raises(NotFound, match="-200170"):
            NI6281(controller, "Dev1", INPUTS, (AnalogOutput("z", "ao7"),), RATE_HZ)


@pytest.mark.parametrize(
    ("rate_Hz", "decimation", "says"),
    [
        (0.0, 1, "sample rate"),
        (np.nan, 1, "sample rate"),
        (125_001.0, 1, "up to 125000 with 4 inputs"),
        (20_000.0, 7, "up to 125000"),
        (2000.0, 0, "decimation"),
        (2000.0, 1.5, "decimation"),
        (3000.0, 1, "try 2999.85"),
    ],
)
def test_a_rate_that_the_card_can_not_make_is_refused(
    server: DaqServer, rate_Hz: float, decimation: int, says: str
) -> None:
    with (
        pytest.raises(OutOfRange, match=says),
        opened(server.port, rate_Hz=rate_Hz, decimation=decimation) as card,
    ):
        card.start_acquisition()


def test_behind_a_divider_and_an_adder_all_volts_are_those_of_the_junction(server: DaqServer) -> None:
    bias = AnalogOutput("bias", "ao0", -0.2, 0.2, scale=0.1, offset=0.05)
    inputs = (AnalogInput("bias", "ai2", scale=0.1, offset=0.05), AnalogInput("z", "ai3"))
    with opened(server.port, outputs=(bias, Z), inputs=inputs) as card:
        card.write(bias=0.1, z=1.0)
        assert put_out(server) == pytest.approx({"bias": 0.5, "z": 1.0}, abs=LSB_V)
        assert card.held == {"bias": 0.1, "z": 1.0}
        assert card.glance()["bias"] == pytest.approx(0.1, abs=NOISE_V / 10)
        card.start_acquisition()
        card.start_ramp({"bias": np.linspace(0.1, -0.2, 40)})
        seen = card.read(60).channel("bias")
        assert card.held["bias"] == pytest.approx(-0.2)
        assert seen[:2] == pytest.approx(0.1, abs=0.01)
        assert seen[-5:] == pytest.approx(-0.2, abs=NOISE_V / 10)
        with pytest.raises(OutOfRange, match=r"-0\.2 to 0\.2"):
            card.write(bias=0.3)
        card.drop("bias")
        assert put_out(server)["bias"] == pytest.approx(-0.5, abs=LSB_V), "0 V at the junction"
        card.write(bias=0.1)
        card.to_safe({"z": 0.0})
        assert put_out(server)["bias"] == pytest.approx(-0.5, abs=LSB_V)


def test_an_output_beyond_the_roles_is_made_safe_to_its_own_value(server: DaqServer) -> None:
    gate = AnalogOutput("gate", "ao0", 0.0, 300.0, scale=60.0, safe=30.0)
    with opened(server.port, outputs=(gate, Z)) as card:
        card.write(gate=300.0)
        assert put_out(server)["bias"] == pytest.approx(5.0, abs=LSB_V), "ao0 of the simulated card"
        card.to_safe({"z": 0.0})
        assert put_out(server)["bias"] == pytest.approx(0.5, abs=LSB_V)
        assert card.held["gate"] == 30.0


def test_limits_or_ranges_that_the_card_has_not_are_refused_before_a_run(server: DaqServer) -> None:
    for changes in (
        {"outputs": (AnalogOutput("bias", "ao0", -2.0, 2.0, scale=0.1), Z)},
        {"inputs": (AnalogInput("current", "ai0", 3.0),)},
    ):
        with opened(server.port, **changes) as card, pytest.raises(OutOfRange, match="the PXI-6281's"):
            card.start_acquisition()


def test_the_card_says_what_it_has(server: DaqServer) -> None:
    with opened(server.port) as card:
        assert (card.input_bits, card.input_delay_s) == (0, 0.0), "not asked yet"
        card.start_acquisition()
        assert (card.input_bits, card.input_delay_s) == (18, 0.0)
        assert card.properties.product == "PXI-6281"


def test_a_decimated_read_returns_means_at_the_lower_rate(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.write(bias=0.0, z=5.0)
        card.start_acquisition()
        plain = card.read(4000).channel("z")
    with opened(server.port, decimation=16) as card:
        card.write(bias=0.0, z=5.0)
        card.start_acquisition()
        block = card.read(4000)
        assert card.read(10).first == 4000
        assert card.samples_acquired() == 4010

    assert len(block) == 4000
    assert block.rate_Hz == RATE_HZ
    assert block.channel("z").std() == pytest.approx(plain.std() / 4, rel=0.05)


def test_a_ramp_goes_at_the_lower_rate_too(server: DaqServer) -> None:
    z_V = np.linspace(3.0, 4.0, 51)
    with opened(server.port, decimation=5) as card:
        card.write(bias=0.0, z=2.0)
        card.start_acquisition()
        card.start_ramp({"z": z_V})
        block = card.read(20)
        assert card.stop_ramp() == 20
        assert card.held["z"] == z_V[19]
        assert block.channel("z") == pytest.approx(z_V[:20], abs=NOISE_V)
        card.start_ramp({"z": z_V})
        card.read(52)
        assert card.ramp_done()
        assert card.samples_generated() == 51


def test_a_timeout_within_a_mean_loses_nothing(server: DaqServer) -> None:
    with opened(server.port, decimation=10) as card:
        card.write(bias=0.0, z=0.0)
        card.start_acquisition()
        card.start_ramp({"z": np.arange(1, 11) / 10})
        stall = Stall(from_sample=37)
        server.bench.faults.add(stall)
        with pytest.raises(ReadTimeout) as caught:
            card.read(10)
        server.bench.faults.remove(stall)
        rest = card.read(7)

    seen = np.concatenate([caught.value.partial.channel("z"), rest.channel("z")])
    assert (len(caught.value.partial), rest.first) == (3, 3)
    assert seen == pytest.approx(np.arange(1, 11) / 10, abs=NOISE_V)


class SteppedClock(FastClock):
    """A clock that a test moves."""

    def step(self, seconds: float) -> None:
        self._now += seconds
