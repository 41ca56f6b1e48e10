"""The simulated NI-DAQmx server, driven by the unmodified nidaqmx package."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import grpc
import nidaqmx
import numpy as np
import pytest
from nidaqmx._stubs import nidaqmx_pb2 as messages
from nidaqmx._stubs import nidaqmx_pb2_grpc
from nidaqmx.constants import (
    AcquisitionType,
    AOIdleOutputBehavior,
    OutputDataTransferCondition,
    OverwriteMode,
    ReadRelativeTo,
    RegenerationMode,
    SampleTimingType,
    TaskMode,
    TerminalConfiguration,
)
from nidaqmx.errors import DaqReadError, DaqWriteError, RpcError
from nidaqmx.stream_readers import AnalogMultiChannelReader, AnalogSingleChannelReader
from nidaqmx.stream_writers import AnalogMultiChannelWriter, AnalogSingleChannelWriter

from simulators.bench import SimulatedBench
from simulators.clock import FastClock
from simulators.daq_server import DaqServer
from simulators.faults import ConnectionLost, DeviceLost, DroppedReads, OutputUnderflow, Overrun, Stall
from simulators.parameters import load_parameters
from tests.simulators.daq_client import INPUT_CLOCK, RATE_HZ, Client, read, refused, serving, write
from tests.simulators.stand_ins import GAIN, MILLIVOLT, HandClock, RESISTANCE_ohm, Resistor, quiet_bench

LSB_V = 20 / 2**18
OUTPUT_LSB_V = 20 / 2**16


@pytest.fixture
def bench() -> SimulatedBench:
    return quiet_bench(FastClock())


@pytest.fixture
def daq(bench: SimulatedBench) -> Iterator[Client]:
    with serving(bench) as client:
        yield client


def ramp(n: int, top_V: float = 5.0) -> np.ndarray:
    """Bias and z of a ramp, shape (2, n)."""
    return np.array([np.linspace(top_V / n, top_V, n), np.linspace(2 * top_V / n, 2 * top_V, n)])


# The system


def test_the_system_says_what_it_is(daq: Client) -> None:
    assert daq.system.driver_version == (25, 5, 0)
    assert daq.system.devices.device_names == ["Dev1"]
    device = daq.device
    assert (device.product_type, device.is_simulated) == ("PXI-6281", True)
    assert device.serial_num > 0
    assert device.ai_physical_chans.channel_names == [f"Dev1/ai{n}" for n in range(16)]
    assert device.ao_physical_chans.channel_names == ["Dev1/ao0", "Dev1/ao1"]
    assert device.ai_voltage_rngs[-2:] == [-10.0, 10.0]
    assert device.ao_voltage_rngs == [-5.0, 5.0, -10.0, 10.0]
    assert (device.ai_max_single_chan_rate, device.ai_max_multi_chan_rate) == (625e3, 500e3)
    assert TerminalConfiguration.DIFF in device.ai_physical_chans["ai7"].ai_term_cfgs
    assert TerminalConfiguration.DIFF not in device.ai_physical_chans["ai8"].ai_term_cfgs
    device.self_test_device()


def test_a_channel_says_what_it_is(daq: Client) -> None:
    task = daq.task()
    channel = task.ai_channels.add_ai_voltage_chan("Dev1/ai1", "thermo", min_val=-0.3, max_val=0.4)
    assert (channel.physical_channel.name, channel.name) == ("Dev1/ai1", "thermo")
    assert (channel.ai_min, channel.ai_max, channel.ai_rng_high) == (-0.3, 0.4, 0.5)
    assert (channel.ai_term_cfg, channel.ai_resolution) == (TerminalConfiguration.DIFF, 18)
    channel.ai_max = 3.0
    assert channel.ai_rng_low == -5.0


def test_an_output_says_what_it_is(daq: Client) -> None:
    task = daq.task()
    channel = task.ao_channels.add_ao_voltage_chan("Dev1/ao1", min_val=0, max_val=10)
    assert (channel.ao_min, channel.ao_max, channel.ao_dac_rng_high, channel.ao_resolution) == (0, 10, 10, 16)
    with refused(-200452):
        channel.ao_idle_output_behavior = AOIdleOutputBehavior.MAINTAIN_EXISTING_VALUE


def test_timing_is_read_back(daq: Client) -> None:
    task = daq.inputs(finite=500)
    assert (task.timing.samp_clk_rate, task.timing.samp_quant_samp_per_chan) == (RATE_HZ, 500)
    assert task.timing.samp_quant_samp_mode is AcquisitionType.FINITE
    task.timing.samp_clk_rate = 4000.0
    assert (task.timing.samp_clk_rate, task.timing.samp_clk_max_rate) == (4000.0, 125e3)
    task.timing.samp_timing_type = SampleTimingType.ON_DEMAND
    assert task.timing.samp_timing_type is SampleTimingType.ON_DEMAND
    del task.timing.samp_clk_rate
    assert task.timing.samp_clk_rate == 1000.0


# Continuous inputs


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
    z, ground, clipped = read(task, 10)
    assert z == pytest.approx(7.0, abs=LSB_V)
    assert np.all(ground == 0.0)
    assert clipped == pytest.approx(1.0, abs=1e-4)


def noisy_samples(seed: int, cuts: list[int]) -> np.ndarray:
    """What reads of these sizes give on a card with its noise."""
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


def test_all_samples_of_a_continuous_acquisition_are_those_there_are() -> None:
    clock = HandClock()
    with serving(quiet_bench(clock)) as client:
        task = client.inputs("Dev1/ai1")
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


# Reads that don't get all


def test_a_read_that_runs_out_of_time_brings_what_there_is() -> None:
    clock = HandClock()
    with serving(quiet_bench(clock)) as client:
        task = client.inputs("Dev1/ai0:1")
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


def test_a_read_waits_for_its_samples() -> None:
    clock = HandClock()
    with serving(quiet_bench(clock)) as client:
        task = client.inputs()
        task.start()
        results: list[np.ndarray] = []
        reading = threading.Thread(target=lambda: results.append(read(task, 100, 1.0)))
        reading.start()
        clock.wait_for_waiters(1)
        clock.advance(0.03)
        clock.wait_for_waiters(2)
        assert results == []
        clock.advance(0.03)
        reading.join(10)
        assert results[0].shape == (4, 100)
        assert not np.isnan(results[0]).any()


def test_an_overrun_ends_the_acquisition() -> None:
    clock = HandClock()
    bench = quiet_bench(clock)
    with serving(bench) as client:
        task = client.inputs(buffer=1000)
        task.start()
        clock.advance(0.5)
        assert read(task, 10).shape == (4, 10)  # exactly full is not yet lost
        clock.advance(0.4)
        with refused(-200279) as caught:
            read(task, 10)
        assert isinstance(caught.value, DaqReadError)
        assert caught.value.samps_per_chan_read == 0
        assert bench.acquired < 1100
        with refused(-200279):
            task.is_task_done()
        task.stop()  # it has been told
        task.start()
        clock.advance(0.1)
        assert read(task, 100).shape == (4, 100)


def test_old_samples_give_way_where_that_is_allowed() -> None:
    clock = HandClock()
    with serving(quiet_bench(clock)) as client:
        task = client.inputs("Dev1/ai0:1", buffer=1000)
        task.in_stream.overwrite = OverwriteMode.OVERWRITE_UNREAD_SAMPLES
        task.start()
        clock.advance(2.0)
        with refused(-200279):
            read(task, 10)
        task.in_stream.relative_to = ReadRelativeTo.MOST_RECENT_SAMPLE
        task.in_stream.offset = -10
        assert read(task, 10)[1] == pytest.approx(np.arange(3990, 4000) * MILLIVOLT, abs=LSB_V)


def test_stopping_ends_a_read_that_waits() -> None:
    clock = HandClock()
    with serving(quiet_bench(clock)) as client:
        task = client.inputs()
        task.start()
        errors: list[BaseException] = []
        reading = threading.Thread(target=partial(_keep_error, errors, lambda: read(task, 100)))
        reading.start()
        clock.wait_for_waiters(1)
        task.stop()
        reading.join(10)
        assert [error.error_code for error in errors if isinstance(error, DaqReadError)] == [-88710]


def _keep_error(errors: list[BaseException], call: Any) -> None:
    try:
        call()
    except Exception as error:
        errors.append(error)


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


# Outputs


def test_on_demand_outputs(bench: SimulatedBench, daq: Client) -> None:
    task = daq.task()
    task.ao_channels.add_ao_voltage_chan("Dev1/ao0", min_val=-2, max_val=2)
    task.ao_channels.add_ao_voltage_chan("Dev1/ao1", min_val=0, max_val=10)
    AnalogMultiChannelWriter(task.out_stream, auto_start=True).write_one_sample(np.array([-0.1, 6.2]))
    assert bench.outputs["bias"] == pytest.approx(-0.1, abs=OUTPUT_LSB_V / 2)
    assert bench.outputs["z"] == pytest.approx(6.2, abs=OUTPUT_LSB_V / 2)


def test_one_output_of_two_is_left_alone(bench: SimulatedBench, daq: Client) -> None:
    bench.hold("z", 3.0)
    task = daq.task()
    task.ao_channels.add_ao_voltage_chan("Dev1/ao0", min_val=-2, max_val=2)
    AnalogSingleChannelWriter(task.out_stream, auto_start=True).write_one_sample(1.0)
    assert bench.outputs == {"bias": pytest.approx(1.0, abs=OUTPUT_LSB_V / 2), "z": 3.0}


def test_a_ramp_on_the_inputs_clock_starts_while_they_run(bench: SimulatedBench, daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=300)
    write(outputs, ramp(300))
    inputs.start()
    before = read(inputs, 100)
    outputs.start()
    after = read(inputs, 400)
    assert np.all(before[2:] == 0)
    assert np.all(after[2:, 0] == 0)  # sample n shows what was put out at tick n - 1
    assert after[2:, 1:301] == pytest.approx(ramp(300), abs=OUTPUT_LSB_V)
    assert np.all(after[2:, 301:] == after[2:, 300:301])
    assert outputs.is_task_done()
    assert outputs.out_stream.total_samp_per_chan_generated == 300
    assert outputs.stop() is None
    assert bench.outputs["bias"] == pytest.approx(5.0, abs=OUTPUT_LSB_V)


def test_a_ramp_stopped_midway_holds_what_it_generated_last(bench: SimulatedBench, daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=300)
    write(outputs, ramp(300))
    inputs.start()
    outputs.start()
    read(inputs, 120)
    assert outputs.out_stream.total_samp_per_chan_generated == 120
    assert not outputs.is_task_done()
    outputs.stop()
    assert outputs.out_stream.total_samp_per_chan_generated == 120  # still committed
    read(inputs, 50)
    assert bench.outputs["bias"] == pytest.approx(ramp(300)[0, 119], abs=OUTPUT_LSB_V)
    assert read(inputs, 1)[3, 0] == pytest.approx(ramp(300)[1, 119], abs=OUTPUT_LSB_V)
    outputs.control(TaskMode.TASK_UNRESERVE)
    with refused(-200983):
        _ = outputs.out_stream.total_samp_per_chan_generated


def test_an_aborted_ramp_holds_and_frees_the_card(bench: SimulatedBench, daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=300)
    write(outputs, ramp(300))
    inputs.start()
    outputs.start()
    read(inputs, 120)
    outputs.control(TaskMode.TASK_ABORT)
    assert bench.outputs["bias"] == pytest.approx(ramp(300)[0, 119], abs=OUTPUT_LSB_V)
    with refused(-200983):
        _ = outputs.out_stream.total_samp_per_chan_generated
    single = daq.task()
    single.ao_channels.add_ao_voltage_chan("Dev1/ao0:1")
    single.write([0.0, 0.0])
    assert bench.outputs == {"bias": 0.0, "z": 0.0}


def test_an_aborted_count_is_kept_by_a_card_that_keeps_it() -> None:
    parameters = load_parameters(overrides={"ni6281.forgets_count_after_abort": False})
    bench = SimulatedBench(parameters, 1, FastClock(), Resistor())
    with serving(bench) as client:
        inputs, outputs = client.inputs(), client.outputs(finite=300)
        write(outputs, ramp(300))
        inputs.start()
        outputs.start()
        read(inputs, 77)
        outputs.control(TaskMode.TASK_ABORT)
        assert outputs.out_stream.total_samp_per_chan_generated == 77


def test_the_same_task_carries_one_ramp_after_the_other(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=50)
    inputs.start()
    for top_V in (1.0, 2.0, 3.0):
        write(outputs, ramp(50, top_V))
        outputs.start()
        shown = read(inputs, 60)
        assert shown[2, 1:51] == pytest.approx(ramp(50, top_V)[0], abs=OUTPUT_LSB_V)
        outputs.stop()


def test_a_ramp_can_be_written_in_pieces_and_restarted(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=300, buffer=300)
    write(outputs, ramp(300)[:, :200])
    write(outputs, ramp(300)[:, 200:])
    inputs.start()
    for _ in range(2):
        outputs.start()
        assert read(inputs, 310)[2, 1:301] == pytest.approx(ramp(300)[0], abs=OUTPUT_LSB_V)
        outputs.stop()


def test_modulation_repeats_without_a_seam(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(regenerate=True, buffer=8000)
    levels = np.array([1.0, 0.0, -1.0])[(3 * ((49 * np.arange(8000)) % 8000)) // 8000]
    write(outputs, [levels, np.full(8000, 3.0)])
    inputs.start()
    outputs.start()
    shown = read(inputs, 20_001, timeout_s=11.0)[:, 1:]
    assert shown[2] == pytest.approx(levels[np.arange(20_000) % 8000], abs=OUTPUT_LSB_V)
    assert outputs.out_stream.total_samp_per_chan_generated == 20_001
    assert outputs.out_stream.space_avail == 8000
    outputs.stop()
    assert read(inputs, 5)[2, -1] == pytest.approx(levels[20_000 % 8000], abs=OUTPUT_LSB_V)


def test_modulation_takes_what_is_written_over_it(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs("Dev1/ao0", regenerate=True, buffer=100)
    write(outputs, np.full((1, 100), 1.0))
    inputs.start()
    outputs.start()
    assert read(inputs, 151)[2, 1:] == pytest.approx(1.0, abs=OUTPUT_LSB_V)
    assert write(outputs, np.full((1, 100), -1.0)) == 100
    assert read(inputs, 300)[2, 1:] == pytest.approx(-1.0, abs=OUTPUT_LSB_V)


def test_a_waveform_on_a_clock_of_its_own(bench: SimulatedBench, daq: Client) -> None:
    outputs = daq.outputs(finite=100, source="", rate_Hz=500.0)
    write(outputs, ramp(100))
    outputs.start()
    outputs.wait_until_done(1.0)
    assert bench.clock.now() == pytest.approx(0.2)
    assert bench.outputs["z"] == pytest.approx(10.0, abs=OUTPUT_LSB_V)


def test_polling_a_waveform_of_its_own_comes_to_an_end_on_the_fast_clock(daq: Client) -> None:
    outputs = daq.outputs(finite=100, source="OnboardClock")
    write(outputs, ramp(100))
    outputs.start()
    assert any(outputs.is_task_done() for _ in range(3))


def test_starting_one_side_by_the_start_of_the_other(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=50, source="")
    outputs.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ai/StartTrigger")
    assert outputs.triggers.start_trigger.dig_edge_src == "/Dev1/ai/StartTrigger"
    write(outputs, ramp(50))
    outputs.start()
    assert outputs.out_stream.total_samp_per_chan_generated == 0
    inputs.start()
    assert read(inputs, 60)[2, 1:51] == pytest.approx(ramp(50)[0], abs=OUTPUT_LSB_V)


def test_inputs_that_wait_for_the_outputs(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=50, source="")
    inputs.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ao/StartTrigger")
    write(outputs, ramp(50))
    inputs.start()
    with refused(-200284):
        read(inputs, 10, timeout_s=0.5)
    outputs.start()
    assert read(inputs, 60)[2, 1:51] == pytest.approx(ramp(50)[0], abs=OUTPUT_LSB_V)


def test_a_waveform_is_fed_while_it_runs(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(buffer=100)
    for channel in outputs.ao_channels:
        channel.ao_data_xfer_req_cond = OutputDataTransferCondition.ON_BOARD_MEMORY_EMPTY
    long = ramp(500)
    write(outputs, long[:, :100])
    inputs.start()
    outputs.start()
    shown = [read(inputs, 60)]
    assert outputs.out_stream.space_avail == 60
    assert write(outputs, long[:, 100:160]) == 60
    assert outputs.out_stream.curr_write_pos == 160
    shown.append(read(inputs, 90))
    assert np.concatenate(shown, axis=1)[2, 1:] == pytest.approx(long[0, :149], abs=OUTPUT_LSB_V)


def test_on_board_memory_takes_waveform_out_of_the_buffer(daq: Client) -> None:
    outputs = daq.outputs(buffer=1000)
    write(outputs, np.zeros((2, 1000)))
    assert outputs.out_stream.space_avail == 0
    outputs.start()
    assert outputs.out_stream.space_avail == 1000  # all of it stands in the card's 8191 samples
    assert write(outputs, np.zeros((2, 4095)), timeout_s=0) == 4095


def test_a_write_waits_for_space_and_says_how_far_it_came(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(buffer=100)
    outputs.ao_channels[0].ao_data_xfer_req_cond = OutputDataTransferCondition.ON_BOARD_MEMORY_EMPTY
    write(outputs, np.zeros((2, 100)))
    outputs.start()
    inputs.start()
    read(inputs, 30)
    with refused(-200292) as caught:
        write(outputs, np.zeros((2, 500)), timeout_s=0.1)
    assert isinstance(caught.value, DaqWriteError)
    assert caught.value.samps_per_chan_written == 30 + 200  # space there was, and what 0.1 s made


def test_a_waveform_that_runs_dry(bench: SimulatedBench, daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs()
    write(outputs, ramp(100))
    inputs.start()
    outputs.start()
    read(inputs, 150)
    with refused(-200290):
        outputs.is_task_done()
    with refused(-200290):
        write(outputs, ramp(100))
    assert outputs.out_stream.total_samp_per_chan_generated == 100
    assert bench.outputs["bias"] == pytest.approx(5.0, abs=OUTPUT_LSB_V)
    outputs.stop()


def test_stopping_tells_of_an_error_that_nobody_was_told(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs()
    write(outputs, ramp(100))
    inputs.start()
    outputs.start()
    read(inputs, 150)
    with refused(-200290):
        outputs.stop()
    outputs.stop()


# What is refused


def test_devices_and_terminals_that_are_not_there(daq: Client) -> None:
    task = daq.task()
    with refused(-200220):
        task.ai_channels.add_ai_voltage_chan("Dev7/ai0")
    with refused(-200170):
        task.ai_channels.add_ai_voltage_chan("Dev1/ai16")
    with refused(-200430):
        task.ai_channels.add_ai_voltage_chan("Dev1/ao0")
    with refused(-200220):
        daq.system.devices["Dev7"].reset_device()
    assert task.channel_names == []


def test_a_second_task_on_the_same_side_is_refused(daq: Client) -> None:
    first, second = daq.inputs(), daq.inputs()
    first.start()
    with refused(-50103):
        second.start()
    first.stop()
    second.start()
    assert read(second, 5).shape == (4, 5)


def test_a_waveform_that_is_done_holds_the_outputs_until_it_is_released(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=10)
    write(outputs, ramp(10))
    inputs.start()
    outputs.start()
    read(inputs, 20)
    single = daq.task()
    single.ao_channels.add_ao_voltage_chan("Dev1/ao1")
    with refused(-50103):
        single.write(1.0)
    outputs.stop()
    with refused(-50103):
        single.write(1.0)
    outputs.control(TaskMode.TASK_UNRESERVE)
    single.write(1.0)


@pytest.mark.parametrize("values", [[2.01, 1.0], [-0.01, 1.0], [1.0, 10.5], [float("nan"), 1.0]])
def test_values_beyond_a_channels_limits_are_refused_and_change_nothing(
    bench: SimulatedBench, daq: Client, values: list[float]
) -> None:
    task = daq.task()
    task.ao_channels.add_ao_voltage_chan("Dev1/ao0", min_val=0, max_val=2)
    task.ao_channels.add_ao_voltage_chan("Dev1/ao1", min_val=0, max_val=10)
    task.write([1.0, 2.0])
    with refused(-200077):
        task.write(values)
    assert bench.outputs == {"bias": pytest.approx(1.0, abs=1e-3), "z": pytest.approx(2.0, abs=1e-3)}


def test_waveforms_beyond_a_channels_limits_are_refused(daq: Client) -> None:
    outputs = daq.outputs(finite=100)
    with refused(-200077):
        write(outputs, ramp(100) * 3)
    with refused(-200462):
        outputs.start()


def test_limits_beyond_the_cards_ranges_are_refused(daq: Client) -> None:
    outputs = daq.task()
    outputs.ao_channels.add_ao_voltage_chan("Dev1/ao0", min_val=-11, max_val=11)
    with refused(-200077):
        outputs.write(1.0)
    with refused(-200077):
        daq.inputs(reach_V=12.0).start()
    with refused(-200082):
        daq.inputs(reach_V=-1.0)


def test_a_differential_input_needs_both_of_its_terminals(daq: Client) -> None:
    task = daq.task()
    task.ai_channels.add_ai_voltage_chan("Dev1/ai8", terminal_config=TerminalConfiguration.DIFF)
    with refused(-200077):
        task.read()


def test_rates_that_the_converter_cannot_reach(daq: Client) -> None:
    daq.inputs("Dev1/ai0", rate_Hz=625e3).control(TaskMode.TASK_VERIFY)
    with refused(-200081):
        daq.inputs("Dev1/ai0:3", rate_Hz=126e3).start()
    with refused(-200077):
        daq.inputs(rate_Hz=-1.0)


def test_starting_before_writing(daq: Client) -> None:
    with refused(-200462):
        daq.outputs(finite=100).start()


def test_writing_more_than_fits_before_the_start(daq: Client) -> None:
    outputs = daq.outputs(buffer=100)
    with refused(-200293) as caught:
        write(outputs, ramp(101))
    assert isinstance(caught.value, DaqWriteError)
    assert caught.value.samps_per_chan_written == 0
    outputs.control(TaskMode.TASK_UNRESERVE)
    outputs = daq.outputs()
    write(outputs, ramp(100))
    with refused(-200547):
        write(outputs, ramp(50))


def test_clocks_and_triggers_from_nowhere(daq: Client) -> None:
    task = daq.inputs()
    with refused(-89120):
        task.timing.cfg_samp_clk_timing(RATE_HZ, source="/Dev1/PFI3")
    with refused(-89120):
        task.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ai/StartTrigger")
    single = daq.task()
    single.ao_channels.add_ao_voltage_chan("Dev1/ao0")
    single.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ai/StartTrigger")
    with refused(-200262):
        single.start()


def test_no_settings_while_running(daq: Client) -> None:
    task = daq.inputs()
    task.start()
    with refused(-200557):
        task.in_stream.input_buf_size = 5
    with refused(-200557):
        task.timing.cfg_samp_clk_timing(1.0)
    with refused(-200479):
        task.start()


def test_tasks_of_both_kinds_or_of_none(daq: Client) -> None:
    task = daq.task()
    with refused(-200478):
        task.start()
    task.ai_channels.add_ai_voltage_chan("Dev1/ai0")
    with refused(-200559):
        task.ao_channels.add_ao_voltage_chan("Dev1/ao0")
    with refused(-200489):
        task.ai_channels.add_ai_voltage_chan("Dev1/ai0")
    with refused(-200452):
        task.out_stream.output_buf_size = 100


def test_waiting_for_a_task_that_never_ends(daq: Client) -> None:
    task = daq.inputs(buffer=10_000)
    task.start()
    with refused(-200560):
        task.wait_until_done(0.5)


def test_what_is_not_simulated_says_so(daq: Client) -> None:
    task = daq.inputs()
    for call in (
        lambda: task.ci_channels.add_ci_count_edges_chan("Dev1/ctr0"),
        lambda: task.timing.ref_clk_rate,
        lambda: task.triggers.start_trigger.cfg_anlg_edge_start_trig("Dev1/ai0"),
    ):
        with pytest.raises(RpcError) as caught:
            call()
        assert caught.value.rpc_code is grpc.StatusCode.UNIMPLEMENTED


def test_the_name_of_what_is_not_simulated_is_on_the_wire(bench: SimulatedBench) -> None:
    with DaqServer(bench) as server, grpc.insecure_channel(server.address) as channel:
        stub = nidaqmx_pb2_grpc.NiDAQmxStub(channel)
        with pytest.raises(grpc.RpcError, match="CreateCICountEdgesChan is not simulated"):
            stub.CreateCICountEdgesChan(messages.CreateCICountEdgesChanRequest())
        request = messages.GetTimingAttributeDoubleRequest(attribute_raw=0x1315)
        with pytest.raises(grpc.RpcError, match="REF_CLK_RATE is not simulated"):
            stub.GetTimingAttributeDouble(request)


def test_error_strings(daq: Client) -> None:
    task = daq.task()
    assert "reserved" in task._interpreter.get_error_string(-50103)
    assert "could not be found" in task._interpreter.get_error_string(-1)


# Sessions


def test_a_named_task_can_be_attached_to(daq: Client) -> None:
    mine = daq.task("ramp")
    mine.ao_channels.add_ao_voltage_chan("Dev1/ao0")
    same = daq.task("ramp")
    assert same == mine
    assert same.channel_names == ["Dev1/ao0"]
    assert (mine._close_on_exit, same._close_on_exit) == (True, False)


@pytest.mark.parametrize(
    ("name", "behaviour", "status"),
    [
        ("known", nidaqmx.SessionInitializationBehavior.INITIALIZE_SERVER_SESSION, "ALREADY_EXISTS"),
        ("unknown", nidaqmx.SessionInitializationBehavior.ATTACH_TO_SERVER_SESSION, "FAILED_PRECONDITION"),
    ],
)
def test_sessions_that_must_be_new_or_old(daq: Client, name: str, behaviour: Any, status: str) -> None:
    daq.task("known")
    with pytest.raises(RpcError) as caught:
        daq.task(name, initialization_behavior=behaviour)
    assert caught.value.rpc_code is grpc.StatusCode[status]


def test_a_name_that_ni_daqmx_has_given_already(daq: Client) -> None:
    assert daq.task().name == "_unnamedTask<0>"
    with refused(-200089):
        daq.task("_unnamedTask<0>")


def test_a_task_that_was_cleared(daq: Client) -> None:
    task = daq.task("gone")
    handle = task._handle
    task.close()
    with refused(-200088):
        task._interpreter.start_task(handle)
    assert daq.task("gone").name == "gone"


def test_reset_frees_what_a_dead_client_left(bench: SimulatedBench) -> None:
    with DaqServer(bench) as server:
        dead = Client(server.address)
        inputs, outputs = dead.inputs(), dead.outputs(regenerate=True)
        write(outputs, ramp(100))
        inputs.start()
        outputs.start()
        read(inputs, 50)
        dead.close()
        client = Client(server.address)
        mine = client.inputs()
        with refused(-50103):
            mine.start()
        assert bench.outputs["bias"] > 0
        client.device.reset_device()
        assert bench.outputs == {"bias": 0.0, "z": 0.0}
        mine.start()
        assert read(mine, 10).shape == (4, 10)
        client.close()


# Events


class Heard:
    """Counts events, and waits for them."""

    def __init__(self) -> None:
        self.events: list[tuple[int, ...]] = []
        self._come = threading.Condition()

    def __call__(self, handle: object, *event: Any) -> int:
        with self._come:
            self.events.append(event[:-1])
            self._come.notify_all()
        return 0

    def wait(self, number: int) -> None:
        with self._come:
            assert self._come.wait_for(lambda: len(self.events) >= number, timeout=10)


def test_every_n_samples_on_the_wall_clock() -> None:
    clock = HandClock()
    with serving(quiet_bench(clock)) as client:
        task, heard = client.inputs(), Heard()
        task.register_every_n_samples_acquired_into_buffer_event(100, heard)
        with refused(-200966):
            task.register_every_n_samples_acquired_into_buffer_event(100, heard)
        task.start()
        for number in range(1, 4):
            clock.advance(0.05)
            heard.wait(number)
        assert [samples for _, samples in heard.events] == [100] * 3
        task.stop()
        task.register_every_n_samples_acquired_into_buffer_event(100, None)
        task.close()


def test_a_program_that_reads_in_its_callback_works_on_the_fast_clock(daq: Client) -> None:
    task, blocks, enough = daq.inputs("Dev1/ai0:1"), [], threading.Event()

    def on_samples(handle: object, kind: int, samples: int, data: object) -> int:
        if not enough.is_set():
            blocks.append(read(task, samples))
            if len(blocks) == 5:
                enough.set()
        return 0

    task.register_every_n_samples_acquired_into_buffer_event(200, on_samples)
    task.start()
    assert enough.wait(10)
    task.close()
    assert np.concatenate(blocks, axis=1)[1] == pytest.approx(np.arange(1000) * MILLIVOLT, abs=LSB_V)


def test_done_is_told_once_a_run(daq: Client) -> None:
    inputs, outputs, heard = daq.inputs(), daq.outputs(finite=50), Heard()
    outputs.register_done_event(heard)
    inputs.start()
    for run in (1, 2):
        write(outputs, ramp(50))
        outputs.start()
        read(inputs, 60)
        heard.wait(run)
        outputs.stop()
    read(inputs, 60)
    assert heard.events == [(0,), (0,)]
    outputs.close()


def test_done_tells_of_an_error(daq: Client) -> None:
    inputs, outputs, heard = daq.inputs(), daq.outputs(), Heard()
    outputs.register_done_event(heard)
    write(outputs, ramp(50))
    inputs.start()
    outputs.start()
    read(inputs, 60)
    heard.wait(1)
    assert heard.events == [(-200290,)]
    outputs.close()


def test_samples_transferred_from_the_buffer(daq: Client) -> None:
    inputs, outputs, heard = daq.inputs(), daq.outputs(buffer=1000), Heard()
    outputs.register_every_n_samples_transferred_from_buffer_event(500, heard)
    write(outputs, np.zeros((2, 1000)))
    inputs.start()
    outputs.start()
    heard.wait(2)
    assert len(heard.events) == 2
    outputs.close()


def test_events_that_a_task_cannot_have(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs()
    with refused(-200980):
        inputs.register_every_n_samples_transferred_from_buffer_event(10, Heard())
    with refused(-200981):
        outputs.register_every_n_samples_acquired_into_buffer_event(10, Heard())
    inputs.register_done_event(heard := Heard())
    with refused(-200950):
        inputs.register_done_event(heard)
    inputs.register_done_event(None)
    inputs.start()
    with refused(-200960):
        inputs.register_done_event(heard)


def test_many_who_wait_do_not_keep_others_from_starting() -> None:
    with serving(quiet_bench(HandClock())) as client:
        tasks = [client.inputs() for _ in range(20)]
        for task in tasks:
            task.register_done_event(Heard())
            task.register_every_n_samples_acquired_into_buffer_event(10, Heard())
        for task in tasks:
            task.start()
            task.stop()
        for task in tasks:
            task.close()


# Faults


def test_dropped_reads_time_out_and_lose_nothing(bench: SimulatedBench, daq: Client) -> None:
    task = daq.inputs("Dev1/ai0:1")
    task.start()
    read(task, 100)
    bench.faults.add(DroppedReads(count=2))
    for _ in range(2):
        with refused(-200284) as caught:
            read(task, 10, timeout_s=0.1)
        assert caught.value.samps_per_chan_read == 0
    assert read(task, 10)[1] == pytest.approx(np.arange(100, 110) * MILLIVOLT, abs=LSB_V)


def test_a_stall_from_a_sample_on(bench: SimulatedBench, daq: Client) -> None:
    bench.faults.add(Stall(from_sample=150))
    task = daq.inputs("Dev1/ai0:1")
    task.start()
    read(task, 100)
    with refused(-200284) as caught:
        read(task, 100, timeout_s=0.5)
    assert caught.value.samps_per_chan_read == 50
    assert bench.clock.now() == pytest.approx(0.05 + 0.5)


def test_an_overrun_from_a_sample_on(bench: SimulatedBench, daq: Client) -> None:
    bench.faults.add(Overrun(from_sample=150))
    task = daq.inputs()
    task.start()
    read(task, 100)
    with refused(-200279):
        read(task, 100)
    assert bench.acquired == 150


def test_outputs_that_run_dry_on_the_card(bench: SimulatedBench, daq: Client) -> None:
    bench.faults.add(OutputUnderflow(from_sample=60))
    inputs, outputs = daq.inputs(), daq.outputs(finite=100)
    write(outputs, ramp(100))
    inputs.start()
    outputs.start()
    read(inputs, 80)
    with refused(-200621):
        outputs.is_task_done()
    assert outputs.out_stream.total_samp_per_chan_generated == 60


def test_a_lost_card(bench: SimulatedBench, daq: Client) -> None:
    bench.faults.add(DeviceLost(from_sample=50))
    task = daq.inputs()
    single = daq.task()
    single.ao_channels.add_ao_voltage_chan("Dev1/ao0")
    task.start()
    for call in (
        lambda: read(task, 100),
        task.is_task_done,
        lambda: single.write(0.0),
        daq.device.reset_device,
        daq.device.self_test_device,
    ):
        with refused(-201003):
            call()
    task.close()
    bench.faults.clear()
    single.write(0.5)
    assert bench.outputs["bias"] == pytest.approx(0.5, abs=OUTPUT_LSB_V)


def test_a_lost_connection(bench: SimulatedBench, daq: Client) -> None:
    task = daq.inputs()
    task.start()
    bench.faults.add(ConnectionLost())
    with pytest.raises(RpcError) as caught:
        read(task, 10)
    assert caught.value.rpc_code is grpc.StatusCode.UNAVAILABLE
    bench.faults.clear()
    assert read(task, 10).shape == (4, 10)


# The server


def test_stopping_ends_calls_and_threads_and_leaves_the_outputs() -> None:
    clock = HandClock()
    bench = quiet_bench(clock)
    before = set(threading.enumerate())
    server = DaqServer(bench)
    server.start()
    client = Client(server.address)
    task = client.inputs()
    with grpc.insecure_channel(server.address) as channel:
        request = messages.RegisterDoneEventRequest(task=task._handle)
        stream = nidaqmx_pb2_grpc.NiDAQmxStub(channel).RegisterDoneEvent(request)
        stream.initial_metadata()
        _stop_while_read(clock, bench, server, task)
        with pytest.raises(grpc.RpcError):
            next(stream)
    client.close()
    assert {thread for thread in threading.enumerate() if thread.name.startswith("nidaqmx_")} <= before
    assert bench.outputs["bias"] == 0.25


def _stop_while_read(clock: HandClock, bench: SimulatedBench, server: DaqServer, task: nidaqmx.Task) -> None:
    task.start()
    bench.hold("bias", 0.25)
    errors: list[BaseException] = []
    reading = threading.Thread(target=partial(_keep_error, errors, lambda: read(task, 10)))
    reading.start()
    clock.wait_for_waiters(2)
    server.stop()
    reading.join(10)
    assert len(errors) == 1


def test_a_port_that_is_taken(bench: SimulatedBench) -> None:
    with DaqServer(bench) as server, pytest.raises(OSError, match="can't serve"):
        DaqServer(bench, port=server.port).start()


def test_a_waveform_longer_than_a_message_usually_is(daq: Client) -> None:
    outputs = daq.outputs("Dev1/ao1", finite=600_000, source="")
    assert write(outputs, np.zeros((1, 600_000))) == 600_000  # 4.8 MB


def test_a_long_read_in_scan_order(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0:1")
    task.start()
    data = np.zeros((2, 50))
    task._interpreter.read_analog_f64(
        task._handle, 50, 10.0, nidaqmx.constants.FillMode.GROUP_BY_SCAN_NUMBER.value, data
    )
    assert data.reshape(50, 2)[:, 1] == pytest.approx(np.arange(50) * MILLIVOLT, abs=LSB_V)


def test_clock_of_a_waveform_is_named(daq: Client) -> None:
    outputs = daq.outputs()
    assert outputs.timing.samp_clk_src == INPUT_CLOCK
    assert outputs.out_stream.regen_mode is RegenerationMode.DONT_ALLOW_REGENERATION
