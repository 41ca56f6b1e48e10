"""Analogue inputs of the simulated card: what is read, and what when not all of it can be."""

import threading
from functools import partial

import nidaqmx
import numpy as np
import pytest
from nidaqmx.constants import AcquisitionType, OverwriteMode, ReadRelativeTo
from nidaqmx.errors import DaqReadError
from nidaqmx.stream_readers import AnalogMultiChannelReader, AnalogSingleChannelReader

from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock
from tests.support.instruments.daq_client import LSB_V, RATE_HZ, Client, keep_error, read, refused, serving
from tests.support.instruments.stand_ins import GAIN, MILLIVOLT, HandClock, RESISTANCE_ohm, Resistor
from tests.support.patience import PATIENCE_S


def test_continuous_acquisition_of_four_channels(bench: SimulatedBench, daq: Client) -> None:
    bench.hold("bias", 0.3)
    bench.hold("z", 4.0)
    task = daq.inputs()
    task.start()
    first, second = read(task, 200), read(task, 300)
    current, counted, bias, z = np.concatenate((first, second), axis=1)
    assert current == pytest.approx(0.3 / RESISTANCE_ohm * GAIN, abs=LSB_V)
    assert counted == pytest.approx(np.arange(500) * MILLIVOLT, abs=LSB_V)
    assert bias == pytest.approx(0.3, abs=LSB_V)
    assert z == pytest.approx(4.0, abs=LSB_V)
    assert bench.clock.now() == pytest.approx(500 / RATE_HZ)


def test_order_and_ranges_of_the_scan_are_the_tasks(bench: SimulatedBench, daq: Client) -> None:
    bench.hold("z", 7.0)
    task = daq.task()
    task.ai_channels.add_ai_voltage_chan("Dev1/ai3", min_val=-10, max_val=10)
    task.ai_channels.add_ai_voltage_chan("Dev1/ai6", min_val=-0.1, max_val=0.1)
    task.ai_channels.add_ai_voltage_chan("Dev1/ai3", "z again", min_val=-1, max_val=1)
    task.timing.cfg_samp_clk_timing(RATE_HZ, sample_mode=AcquisitionType.CONTINUOUS)
    task.start()
    z, empty, clipped = read(task, 10)
    assert z == pytest.approx(7.0, abs=LSB_V)
    assert empty == pytest.approx(0.1, abs=1e-5)  # nothing is wired to ai6: it follows ai3, beyond its range
    assert clipped == pytest.approx(1.0, abs=1e-4)


def noisy_samples(seed: int, cuts: list[int]) -> np.ndarray:
    """Return samples of a noisy card, read in these sizes."""
    bench = SimulatedBench(load_parameters(), seed, FastClock(), Resistor())
    with serving(bench) as client:
        task = client.inputs()
        task.start()
        return np.concatenate([read(task, n) for n in cuts], axis=1)


@pytest.mark.parametrize("cuts", [[1] * 10 + [990], [333, 333, 334], [7, 500, 493]])
def test_samples_do_not_depend_on_the_size_of_reads(cuts: list[int]) -> None:
    assert np.array_equal(noisy_samples(5, cuts), noisy_samples(5, [1000]))


def test_same_seed_same_bytes_other_seed_other_noise() -> None:
    first, again, other = (noisy_samples(seed, [100, 50]).tobytes() for seed in (1, 1, 2))
    assert first == again != other


def test_a_read_may_be_longer_than_the_buffer(daq: Client) -> None:
    task = daq.inputs(buffer=1000)
    task.start()
    assert read(task, 5000)[1] == pytest.approx(np.arange(5000) * MILLIVOLT, abs=LSB_V)


def test_counts_of_an_acquisition(daq: Client) -> None:
    task = daq.inputs(buffer=4000)
    with refused(-200983):
        _ = task.in_stream.total_samp_per_chan_acquired
    task.start()
    read(task, 300)
    stream = task.in_stream
    assert (stream.total_samp_per_chan_acquired, stream.curr_read_pos, stream.avail_samp_per_chan) == (
        300,
        300,
        0,
    )
    assert (stream.input_buf_size, stream.num_chans, stream.input_onbrd_buf_size) == (4000, 4, 511)
    assert not task.is_task_done()


@pytest.mark.parametrize(
    ("rate_Hz", "hint", "size"),
    [(50, 10, 1000), (2000, 1000, 10_000), (2000, 20_000, 20_000), (50e3, 9, 100_000)],
)
def test_size_of_the_buffer_that_nobody_set(daq: Client, rate_Hz: float, hint: int, size: int) -> None:
    task = daq.task()
    task.ai_channels.add_ai_voltage_chan("Dev1/ai0")
    task.timing.cfg_samp_clk_timing(rate_Hz, sample_mode=AcquisitionType.CONTINUOUS, samps_per_chan=hint)
    assert task.in_stream.input_buf_size == size


def test_all_samples_of_a_continuous_acquisition_are_those_there_are(
    clock: HandClock, wall_daq: Client
) -> None:
    task = wall_daq.inputs("Dev1/ai1")
    task.start()
    clock.advance(0.05)
    data = np.zeros(1000)
    assert AnalogSingleChannelReader(task.in_stream).read_many_sample(data[:100], 100) == 100
    clock.advance(0.01)
    assert len(task.read(nidaqmx.constants.READ_ALL_AVAILABLE)) == 20


@pytest.mark.parametrize(
    ("relative_to", "offset", "first"),
    [
        (ReadRelativeTo.FIRST_SAMPLE, 0, 0),
        (ReadRelativeTo.FIRST_SAMPLE, 40, 40),
        (ReadRelativeTo.MOST_RECENT_SAMPLE, -10, 90),
        (ReadRelativeTo.CURRENT_READ_POSITION, -5, 95),
    ],
)
def test_reads_begin_where_they_are_told(
    daq: Client, relative_to: ReadRelativeTo, offset: int, first: int
) -> None:
    task = daq.inputs("Dev1/ai0:1")
    task.start()
    read(task, 100)
    task.in_stream.relative_to, task.in_stream.offset = relative_to, offset
    assert read(task, 5)[1] == pytest.approx(np.arange(first, first + 5) * MILLIVOLT, abs=LSB_V)


def test_a_long_read_in_scan_order(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0:1")
    task.start()
    data = np.zeros((2, 50))
    task._interpreter.read_analog_f64(
        task._handle, 50, 10.0, nidaqmx.constants.FillMode.GROUP_BY_SCAN_NUMBER.value, data
    )
    assert data.reshape(50, 2)[:, 1] == pytest.approx(np.arange(50) * MILLIVOLT, abs=LSB_V)


# Reads that don't get all


def test_a_read_that_runs_out_of_time_brings_what_there_is(clock: HandClock, wall_daq: Client) -> None:
    task = wall_daq.inputs("Dev1/ai0:1")
    task.start()
    clock.advance(0.02)
    data = np.full((2, 100), np.nan)
    with pytest.raises(DaqReadError) as caught:
        AnalogMultiChannelReader(task.in_stream).read_many_sample(data, 100, timeout=0)
    assert caught.value.error_code == -200284
    assert caught.value.samps_per_chan_read == 40
    assert data[1, :40] == pytest.approx(np.arange(40) * MILLIVOLT, abs=LSB_V)
    clock.advance(0.01)
    assert read(task, 20)[1] == pytest.approx(np.arange(40, 60) * MILLIVOLT, abs=LSB_V)


def test_a_read_waits_for_its_samples(clock: HandClock, wall_daq: Client) -> None:
    task = wall_daq.inputs()
    task.start()
    results: list[np.ndarray] = []
    reading = threading.Thread(target=lambda: results.append(read(task, 100, 1.0)))
    reading.start()
    clock.wait_for_waiters(1)
    clock.advance(0.03)
    clock.wait_for_waiters(2)
    assert results == []
    clock.advance(0.03)
    reading.join(PATIENCE_S)
    assert results[0].shape == (4, 100)
    assert not np.isnan(results[0]).any()


def test_an_overrun_ends_the_acquisition(
    clock: HandClock, wall_bench: SimulatedBench, wall_daq: Client
) -> None:
    task = wall_daq.inputs(buffer=1000)
    task.start()
    clock.advance(0.5)
    assert read(task, 10).shape == (4, 10)  # exactly full is not yet lost
    clock.advance(0.4)
    with refused(-200279) as caught:
        read(task, 10)
    assert isinstance(caught.value, DaqReadError)
    assert caught.value.samps_per_chan_read == 0
    assert wall_bench.acquired < 1100
    with refused(-200279):
        task.is_task_done()
    task.stop()  # it has been told
    task.start()
    clock.advance(0.1)
    assert read(task, 100).shape == (4, 100)


def test_old_samples_give_way_where_that_is_allowed(clock: HandClock, wall_daq: Client) -> None:
    task = wall_daq.inputs("Dev1/ai0:1", buffer=1000)
    task.in_stream.overwrite = OverwriteMode.OVERWRITE_UNREAD_SAMPLES
    task.start()
    clock.advance(2.0)
    with refused(-200279):
        read(task, 10)
    task.in_stream.relative_to = ReadRelativeTo.MOST_RECENT_SAMPLE
    task.in_stream.offset = -10
    assert read(task, 10)[1] == pytest.approx(np.arange(3990, 4000) * MILLIVOLT, abs=LSB_V)


def test_stopping_ends_a_read_that_waits(clock: HandClock, wall_daq: Client) -> None:
    task = wall_daq.inputs()
    task.start()
    errors: list[BaseException] = []
    reading = threading.Thread(target=partial(keep_error, errors, lambda: read(task, 100)))
    reading.start()
    clock.wait_for_waiters(1)
    task.stop()
    reading.join(PATIENCE_S)
    assert [error.error_code for error in errors if isinstance(error, DaqReadError)] == [-88710]


# Finite and on-demand inputs


def test_a_finite_acquisition(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0:1", finite=250)
    task.start()
    assert read(task, 100).shape == (2, 100)
    task.wait_until_done(1.0)
    assert task.is_task_done()
    assert len(task.read(nidaqmx.constants.READ_ALL_AVAILABLE)[1]) == 150
    with refused(-200278):
        read(task, 1)


def test_polling_a_finite_acquisition_comes_to_an_end_on_the_fast_clock(daq: Client) -> None:
    task = daq.inputs(finite=250)
    task.start()
    assert any(task.is_task_done() for _ in range(3))


def test_a_read_starts_the_task_by_itself(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0:1", finite=50)
    assert len(task.read(50)[0]) == 50
    assert task.read(50)[1] == pytest.approx(
        np.arange(50, 100) * MILLIVOLT, abs=LSB_V
    )  # it was stopped between
    task.in_stream.auto_start = False
    with refused(-200834):
        task.read(50)


def test_on_demand_inputs(bench: SimulatedBench, daq: Client) -> None:
    bench.hold("bias", 1.5)
    task = daq.task()
    task.ai_channels.add_ai_voltage_chan("Dev1/ai2", min_val=-10, max_val=10)
    assert task.read() == pytest.approx(1.5, abs=LSB_V)
    assert AnalogSingleChannelReader(task.in_stream).read_one_sample() == pytest.approx(1.5, abs=LSB_V)
    assert bench.clock.now() == pytest.approx(2e-3)
