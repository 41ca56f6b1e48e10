import numpy as np
import pytest

from drivers.errors import InstrumentFault, InstrumentLost, NotNow, OutOfRange
from drivers.ni6281 import NI6281
from simulators.daqmx.server import DaqServer
from simulators.rig.clock import WallClock
from simulators.rig.faults import DeviceLost, OutputUnderflow
from tests.support.instruments.loopback import LSB_V, NOISE_V, opened, put_out, served


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
    assert seen[:n] == pytest.approx(z_V, abs=NOISE_V)  # sample k shows the value put out at tick k
    assert seen[n:] == pytest.approx(9.0, abs=NOISE_V)
    assert card.samples_generated() == n
    assert card.ramp_done()
    assert card.held == {"bias": 0.1, "z": 9.0}
    assert put_out(server)["z"] == pytest.approx(9.0, abs=LSB_V)


def test_in_life_s_time_the_ramp_begins_no_later_than_at_the_sample_that_it_names() -> None:
    with served(WallClock()) as server, opened(server.port) as card:
        card.write(bias=0.0, z=1.0)
        card.start_acquisition()
        card.read(20)
        before = card.samples_acquired()
        start = card.start_ramp({"z": np.full(50, 2.0)})
        block = card.read(start + 60 - 20)

    first = block.first + int(np.argmax(block.channel("z") > 1.5))  # one sample of lag
    assert before <= first - 1 <= start
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
    block = card.read(100)

    assert block.channel("bias") == pytest.approx(bias_V, abs=NOISE_V)
    assert block.channel("z") == pytest.approx(z_V, abs=NOISE_V)


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
        with pytest.raises(NotNow, match="No acquisition is running"):
            card.start_ramp({"z": [1.0]})


def test_an_output_that_was_never_written_can_not_be_held_in_a_ramp(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.start_acquisition()
        with pytest.raises(NotNow, match="output bias is unknown"):
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

    phase = (np.arange(block.first, block.stop) - start) % len(period)
    assert block.channel("bias") == pytest.approx(period[phase], abs=NOISE_V)
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

    assert bias_V == pytest.approx(levels_V[(np.arange(27_000) - start) % 8000], abs=NOISE_V)


def test_ramps_and_modulations_alternate(card: NI6281) -> None:
    for _ in range(3):
        card.start_ramp({"z": np.linspace(3, 4, 10)})
        card.read(12)
        assert card.ramp_done()
        card.start_modulation({"bias": [0.5, -0.5]})
        card.read(11)
        assert card.stop_modulation() == 11
        assert card.held == {"bias": 0.5, "z": 4.0}


def test_after_a_write_that_failed_nobody_knows_what_the_output_holds(
    card: NI6281, server: DaqServer
) -> None:
    server.bench.faults.add(DeviceLost())
    with pytest.raises(InstrumentLost):
        card.write(z=1.0)

    assert np.isnan(card.held["z"])
    assert card.held["bias"] == 0.1
