import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest

from drivers.errors import (
    InstrumentFault,
    InstrumentLost,
    NotFound,
    NotNow,
    OutOfRange,
    ReadTimeout,
    RigError,
    SamplesLost,
)
from drivers.ni6281 import NI6281, AnalogInput, AnalogOutput, Terminal
from drivers.pxi import PXIController
from simulators.clock import FastClock, WallClock
from simulators.daq_server import DaqServer
from simulators.faults import ConnectionLost, DeviceLost, OutputUnderflow, Overrun, Stall
from tests.drivers.cable import Cable
from tests.drivers.loopback import BIAS, INPUTS, LSB_V, RATE_HZ, Z, opened, served

NOISE_V = 3e-3
"""What noise and crosstalk of the card may do to a loop-back on the 10 V range."""


@pytest.fixture
def server() -> Iterator[DaqServer]:
    with served() as server:
        yield server


@pytest.fixture
def card(server: DaqServer) -> Iterator[NI6281]:
    """The card, reading, with 0.1 V bias and z at 3 V."""
    with opened(server.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        yield card


def put_out(server: DaqServer) -> dict[str, float]:
    return dict(server.bench.outputs)


# ---- inputs ----


def test_the_card_says_who_it_is(card: NI6281) -> None:
    assert (card.identity.name, card.identity.product_type) == ("Dev1", "PXI-6281")
    assert card.identity.serial > 0


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
    with opened(server.port) as card, pytest.raises(NotNow, match="start it first"):
        card.read(1)


def test_a_second_start_is_refused(card: NI6281) -> None:
    with pytest.raises(NotNow, match="runs already"):
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
        while not server.bench.acquired:
            pass
        begin = time.monotonic()
        card.stop_acquisition()
        reader.join(5)

    assert time.monotonic() - begin < 2
    assert [type(error) for error in ended] == [NotNow]


def test_another_program_s_acquisition_is_not_now_with_advice(card: NI6281, server: DaqServer) -> None:
    with (
        opened(server.port) as other,
        pytest.raises(NotNow, match="another program holds the card; close it or"),
    ):
        other.start_acquisition()


@pytest.mark.parametrize("terminal", Terminal)
def test_every_terminal_configuration_is_taken(server: DaqServer, terminal: Terminal) -> None:
    inputs = (AnalogInput("bias", "ai2", 1.0, terminal),)
    with opened(server.port, inputs=inputs) as card:
        card.write(bias=0.5)
        card.start_acquisition()

        assert card.read(20).data.mean() == pytest.approx(0.5, abs=NOISE_V)


def test_a_device_or_channel_that_is_not_there_is_not_found(server: DaqServer) -> None:
    with PXIController(f"grpc://127.0.0.1:{server.port}") as controller:
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
    with pytest.raises(OutOfRange, match=says), opened(server.port, rate_Hz=rate_Hz, decimation=decimation):
        pass


# ---- outputs ----


def test_a_written_value_stands_at_the_terminal_at_once(card: NI6281, server: DaqServer) -> None:
    card.write(bias=-1.5, z=7.25)

    assert put_out(server) == pytest.approx({"bias": -1.5, "z": 7.25}, abs=LSB_V)
    assert card.held == {"bias": -1.5, "z": 7.25}


def test_a_value_outside_the_limits_is_refused_and_nothing_is_sent(card: NI6281, server: DaqServer) -> None:
    before = put_out(server)

    for values in ({"bias": 0.5, "z": 10.01}, {"bias": -2.01}, {"z": -0.001}, {"z": np.nan}, {"tip": 1.0}):
        with pytest.raises(OutOfRange):
            card.write(**values)

    assert put_out(server) == before
    assert card.held == {"bias": 0.1, "z": 3.0}


def test_nobody_knows_what_an_output_holds_before_it_was_written(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.write(z=1.0)

        assert np.isnan(card.held["bias"])
        assert card.held["z"] == 1.0


@pytest.mark.parametrize("n", [1, 2, 3, 500, 20_000])
def test_a_ramp_puts_out_one_value_a_sample_and_holds_the_last(
    card: NI6281, server: DaqServer, n: int
) -> None:
    card.read(5)
    z_V = np.linspace(3.0, 9.0, n + 1)[1:]

    start = card.start_ramp({"z": z_V})
    block = card.read(n + 3)

    assert start == 5
    seen = block.channel("z")
    assert seen[0] == pytest.approx(3.0, abs=NOISE_V)  # sample k shows the value put out at tick k - 1
    assert seen[1 : n + 1] == pytest.approx(z_V, abs=NOISE_V)
    assert seen[n + 1 :] == pytest.approx(9.0, abs=NOISE_V)
    assert card.samples_generated() == n
    assert card.ramp_done()
    assert card.held == {"bias": 0.1, "z": 9.0}
    assert put_out(server)["z"] == pytest.approx(9.0, abs=LSB_V)


def test_in_life_s_time_the_ramp_begins_no_later_than_at_the_sample_that_it_names() -> None:
    with served(WallClock()) as server, opened(server.port) as card:
        card.write(bias=0.0, z=1.0)
        card.start_acquisition()
        card.read(20)
        start = card.start_ramp({"z": np.full(50, 2.0)})
        block = card.read(start + 60 - 20)

    first = block.first + int(np.argmax(block.channel("z") > 1.5))  # one sample of lag
    assert start - 20 <= first - 1 <= start
    assert len(block) == start + 40


def test_a_ramp_of_a_million_samples_is_stopped_like_any_other(card: NI6281) -> None:
    card.start_ramp({"z": np.linspace(3.0, 9.0, 1_000_000)})
    card.read(1000)

    assert card.stop_ramp() == 1000
    assert card.held["z"] == pytest.approx(3.0 + 6.0 * 999 / 999_999, abs=1e-12)


def test_a_stopped_ramp_stands_where_the_count_says(card: NI6281, server: DaqServer) -> None:
    z_V = 3.0 + 0.01 * np.arange(1, 501)
    card.start_ramp({"z": z_V})
    card.read(123)

    assert card.held["z"] == z_V[122]
    assert card.stop_ramp() == 123
    assert card.held == {"bias": 0.1, "z": z_V[122]}
    assert put_out(server)["z"] == pytest.approx(z_V[122], abs=LSB_V)
    card.read(100)
    assert put_out(server)["z"] == pytest.approx(z_V[122], abs=LSB_V)
    assert card.stop_ramp() == card.samples_generated() == 123


def test_a_ramp_stopped_before_its_first_value_has_moved_nothing(card: NI6281) -> None:
    card.start_ramp({"z": [5.0, 6.0]})

    assert card.stop_ramp() == 0
    assert card.held == {"bias": 0.1, "z": 3.0}


def test_ramps_follow_each_other_whatever_their_lengths(card: NI6281, server: DaqServer) -> None:
    position = 3.0
    for n, end in ((10, 4.0), (10, 3.0), (1, 3.2), (300, 5.0), (10, 2.0)):
        card.start_ramp({"z": np.linspace(position, end, n + 1)[1:]})
        card.read(n + 2)
        assert card.stop_ramp() == n
        position = card.held["z"]
        assert put_out(server)["z"] == pytest.approx(end, abs=LSB_V)


def test_both_outputs_move_together(card: NI6281) -> None:
    bias_V, z_V = np.linspace(0, 1, 100), np.linspace(3, 4, 100)

    card.start_ramp({"z": z_V, "bias": bias_V})
    block = card.read(101)

    assert block.channel("bias")[1:] == pytest.approx(bias_V, abs=NOISE_V)
    assert block.channel("z")[1:] == pytest.approx(z_V, abs=NOISE_V)


def test_a_ramp_with_one_wrong_value_is_refused_and_nothing_moves(card: NI6281, server: DaqServer) -> None:
    for wrong in (10.001, -0.001, np.nan):
        z_V = np.full(100, 5.0)
        z_V[57] = wrong
        with pytest.raises(OutOfRange, match=r"output 'z' \(V\)"):
            card.start_ramp({"z": z_V})

    card.read(200)
    assert put_out(server)["z"] == pytest.approx(3.0, abs=LSB_V)
    assert card.held["z"] == 3.0


def test_a_ramp_needs_the_acquisition_s_clock(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.write(bias=0.0, z=0.0)
        with pytest.raises(NotNow, match="No acquisition runs"):
            card.start_ramp({"z": [1.0]})


def test_an_output_that_was_never_written_can_not_be_held_in_a_ramp(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.start_acquisition()
        with pytest.raises(NotNow, match="what bias holds"):
            card.start_ramp({"z": [1.0]})


def test_nothing_else_moves_while_a_ramp_runs_and_all_may_when_it_is_over(card: NI6281) -> None:
    card.start_ramp({"z": np.full(100, 4.0)})
    card.read(50)
    assert not card.ramp_done()
    for move in (lambda: card.write(bias=0.0), lambda: card.start_ramp({"z": [1.0]})):
        with pytest.raises(NotNow, match="while a ramp or a modulation runs"):
            move()

    card.read(60)

    card.write(bias=0.5)
    assert card.held == {"bias": 0.5, "z": 4.0}


def test_stopping_the_acquisition_stops_the_ramp(card: NI6281) -> None:
    card.start_ramp({"z": np.linspace(3, 4, 100)})
    card.read(10)
    card.stop_acquisition()

    assert card.samples_generated() == 10
    assert card.ramp_done()
    card.write(z=1.0)
    assert card.held["z"] == 1.0


def test_a_ramp_that_runs_dry_is_a_fault_and_nobody_knows_where_it_stands(
    card: NI6281, server: DaqServer
) -> None:
    underflow = OutputUnderflow(from_sample=20)
    server.bench.faults.add(underflow)
    card.start_ramp({"z": np.linspace(3, 4, 100)})
    card.read(50)

    with pytest.raises(InstrumentFault) as caught:
        card.ramp_done()
        card.stop_ramp()

    assert caught.value.code == -200621
    server.bench.faults.remove(underflow)
    card.to_safe({"z": 0.0})
    assert card.held == {"bias": 0.0, "z": 0.0}


def test_a_modulation_repeats_its_buffer_without_a_seam(card: NI6281, server: DaqServer) -> None:
    period = np.repeat([1.0, 0.0, -1.0], [3, 3, 2])
    card.read(7)

    start = card.start_modulation({"bias": period})
    block = card.read(100)

    phase = (np.arange(block.first, block.stop) - start - 1) % len(period)  # one sample of lag
    assert block.channel("bias")[1:] == pytest.approx(period[phase][1:], abs=NOISE_V)
    assert not card.ramp_done()
    assert card.stop_modulation() == 100
    assert card.held == {"bias": period[99 % 8], "z": 3.0}
    assert put_out(server)["bias"] == pytest.approx(period[99 % 8], abs=LSB_V)


def test_the_modulation_of_a_heating_run_goes_on_for_ever(card: NI6281) -> None:
    level = 3 * (49 * np.arange(8000) % 8000) // 8000  # 49 periods of 12.25 Hz in 4 s at 2 kHz
    levels_V = np.array([1.27, 0.0, -1.27])[level]

    start = card.start_modulation({"bias": levels_V})
    blocks = [card.read(9000) for _ in range(3)]
    bias_V = np.concatenate([block.channel("bias") for block in blocks])

    assert bias_V[1:] == pytest.approx(levels_V[(np.arange(27_000) - start - 1)[1:] % 8000], abs=NOISE_V)


def test_ramps_and_modulations_alternate(card: NI6281) -> None:
    for _ in range(3):
        card.start_modulation({"bias": [0.5, -0.5]})
        card.read(11)
        card.stop_modulation()
        card.write(bias=0.1)
        card.start_ramp({"z": np.linspace(3, 4, 10)})
        card.read(12)
        assert card.ramp_done()
        assert card.held == {"bias": 0.1, "z": 4.0}


# ---- decimation ----


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
        # each mean holds one tick of the value before
        assert block.channel("z")[1:] == pytest.approx(0.8 * z_V[1:20] + 0.2 * z_V[:19], abs=NOISE_V)
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
    assert seen == pytest.approx(0.9 * np.arange(1, 11) / 10 + 0.1 * np.arange(10) / 10, abs=NOISE_V)


# ---- the way to safety ----

SAFE = {"bias": 0.0, "z": 0.0}


def disturb_nothing(card: NI6281, server: DaqServer) -> None:
    pass


def run_a_ramp(card: NI6281, server: DaqServer) -> None:
    card.start_ramp({"z": np.linspace(3, 9, 1000)})
    card.read(100)


def run_a_modulation(card: NI6281, server: DaqServer) -> None:
    card.start_modulation({"bias": [1.0, -1.0]})
    card.read(11)


def stop_reading(card: NI6281, server: DaqServer) -> None:
    run_a_ramp(card, server)
    card.stop_acquisition()


def overrun(card: NI6281, server: DaqServer) -> None:
    run_a_ramp(card, server)
    server.bench.faults.add(Overrun())
    with pytest.raises(SamplesLost):
        card.read(10)


def run_dry(card: NI6281, server: DaqServer) -> None:
    server.bench.faults.add(OutputUnderflow(from_sample=20))
    run_a_ramp(card, server)


def let_another_program_take_the_outputs(card: NI6281, server: DaqServer) -> None:
    card.stop_acquisition()
    controller = PXIController(f"grpc://127.0.0.1:{server.port}")
    thief = NI6281(controller, "Dev1", INPUTS, (BIAS, Z), RATE_HZ)
    thief.write(bias=1.0, z=8.0)
    thief.start_acquisition()
    thief.start_modulation({"bias": [1.0, -1.0]})
    controller.close()  # killed: its tasks live on in the server


def forget_the_tasks(card: NI6281, server: DaqServer) -> None:
    run_a_modulation(card, server)
    for session in list(server.card.tasks):
        server.card.clear(session)


@pytest.mark.parametrize(
    "disturb",
    [
        disturb_nothing,
        run_a_ramp,
        run_a_modulation,
        stop_reading,
        overrun,
        run_dry,
        let_another_program_take_the_outputs,
        forget_the_tasks,
    ],
)
def test_to_safe_works_from_any_state_and_again(disturb, card: NI6281, server: DaqServer) -> None:
    disturb(card, server)
    begin = time.monotonic()

    done = card.to_safe({"z": 0.5})

    assert time.monotonic() - begin < 1.0
    assert "bias 0 V, z 0.5 V" in done
    assert put_out(server) == pytest.approx({"bias": 0.0, "z": 0.5}, abs=LSB_V)
    assert card.held == {"bias": 0.0, "z": 0.5}
    server.bench.faults.clear()
    assert card.to_safe({"z": 0.5}) == "bias 0 V, z 0.5 V"
    assert put_out(server) == pytest.approx({"bias": 0.0, "z": 0.5}, abs=LSB_V)


def test_to_safe_leaves_the_acquisition_alone_and_the_card_usable(card: NI6281) -> None:
    run_a_modulation(card, None)  # type: ignore[arg-type]
    card.to_safe({"z": 0.0})

    assert card.read(10).first == 11
    card.start_ramp({"z": [1.0, 2.0]})
    card.read(4)
    assert card.ramp_done()
    assert card.held == {"bias": 0.0, "z": 2.0}


def test_to_safe_takes_the_bias_away_before_it_moves_the_tip(card: NI6281, server: DaqServer) -> None:
    held: list[str] = []
    hold = server.bench.hold
    server.bench.hold = lambda signal, volts: (held.append(signal), hold(signal, volts))[1]  # type: ignore

    card.to_safe({"z": 0.0})

    assert held == ["bias", "z"]


def test_a_forbidden_retreat_is_refused_but_the_bias_is_off(card: NI6281, server: DaqServer) -> None:
    with pytest.raises(OutOfRange, match="output 'z'"):
        card.to_safe({"z": -5.0})

    assert put_out(server)["bias"] == 0.0


@pytest.mark.parametrize("fault", [DeviceLost(), ConnectionLost()])
def test_to_safe_says_within_a_second_that_the_card_is_lost(
    card: NI6281, server: DaqServer, fault: DeviceLost | ConnectionLost
) -> None:
    run_a_ramp(card, server)
    server.bench.faults.add(fault)
    begin = time.monotonic()

    with pytest.raises(InstrumentLost):
        card.to_safe({"z": 0.0})

    assert time.monotonic() - begin < 1.2


def test_to_safe_gives_up_after_a_second_on_a_server_that_hangs(server: DaqServer) -> None:
    with Cable(server.port) as cable, opened(cable.port) as card:
        card.write(bias=0.1, z=3.0)
        cable.hold()
        begin = time.monotonic()
        with pytest.raises(InstrumentLost):
            card.to_safe({"z": 0.0})
        assert time.monotonic() - begin < 1.2

        cable.let_go()
        assert card.to_safe({"z": 0.0}) == "bias 0 V, z 0 V"
        assert put_out(server) == SAFE


def test_to_safe_does_not_wait_for_a_thread_that_hangs_in_a_call(server: DaqServer) -> None:
    with Cable(server.port) as cable, opened(cable.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        cable.hold()
        stuck = threading.Thread(target=_ignoring_errors, args=(card.start_ramp, {"z": np.full(100, 4.0)}))
        stuck.start()
        begin = time.monotonic()
        with pytest.raises(InstrumentLost):
            card.to_safe({"z": 0.0})
        assert time.monotonic() - begin < 1.2
        cable.let_go()
        stuck.join(10)

        assert [task.engine.kind for task in server.card.running] == [
            "ai"
        ]  # the ramp was not started after all
        card.to_safe({"z": 0.0})
        assert put_out(server) == SAFE


def _ignoring_errors(call, *arguments) -> None:
    with suppress(RigError):
        call(*arguments)


def test_to_safe_comes_back_over_a_cable_that_was_pulled_and_plugged_in(server: DaqServer) -> None:
    with Cable(server.port) as cable, opened(cable.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        card.start_modulation({"bias": [1.0, -1.0]})
        cable.cut()

        assert "bias 0 V, z 0 V" in card.to_safe({"z": 0.0})
        assert put_out(server) == SAFE


def test_to_safe_interrupts_a_read_in_another_thread_no_more_than_it_must() -> None:
    with served(WallClock()) as server, opened(server.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        blocks = []
        reader = threading.Thread(target=lambda: blocks.append(card.read(1000)))
        reader.start()
        card.start_modulation({"bias": [1.0, -1.0]})

        begin = time.monotonic()
        card.to_safe({"z": 0.0})
        assert time.monotonic() - begin < 0.2
        assert put_out(server) == SAFE
        reader.join(5)

    assert [len(block) for block in blocks] == [1000]


def test_closing_stops_what_runs_and_frees_the_card(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        card.start_ramp({"z": np.linspace(3, 9, 100)})
        card.read(10)

    assert server.card.tasks == {}
    with pytest.raises(NotNow, match="closed"):
        card.to_safe({"z": 0.0})
    with pytest.raises(NotNow, match="closed"):
        card.write(bias=0.0)


@pytest.mark.parametrize("death", ["cut", "hold"])
def test_closing_a_card_whose_server_has_died_is_quiet_and_quick(server: DaqServer, death: str) -> None:
    with Cable(server.port) as cable, opened(cable.port) as card:
        card.write(bias=0.0, z=0.0)
        card.start_acquisition()
        card.start_ramp({"z": np.linspace(0, 1, 1000)})
        if death == "cut":
            server.stop()
        cable.hold()
        begin = time.monotonic()
        card.close()
        assert time.monotonic() - begin < 1.2


def test_all_is_refused_as_lost_when_the_controller_was_closed_first(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.controller.close()
        with pytest.raises(InstrumentLost, match="was closed"):
            card.to_safe({"z": 0.0})
        with pytest.raises(InstrumentLost, match="was closed"):
            card.start_acquisition()


class SteppedClock(FastClock):
    """A clock that a test moves."""

    def step(self, seconds: float) -> None:
        self._now += seconds
