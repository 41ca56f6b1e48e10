"""Analogue outputs of the simulated card: single values, ramps and modulation."""

import numpy as np
import pytest
from nidaqmx.constants import DigitalWidthUnits, OutputDataTransferCondition, RegenerationMode, TaskMode
from nidaqmx.errors import DaqWriteError
from nidaqmx.stream_writers import AnalogMultiChannelWriter, AnalogSingleChannelWriter

from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock
from tests.support.instruments.daq_client import (
    INPUT_CLOCK,
    OUTPUT_LSB_V,
    Client,
    ramp,
    read,
    refused,
    serving,
    set_going,
    write,
)
from tests.support.instruments.stand_ins import Resistor


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
    assert after[2:, :300] == pytest.approx(ramp(300), abs=OUTPUT_LSB_V)  # converted after the tick
    assert np.all(after[2:, 300:] == after[2:, 299:300])
    assert outputs.is_task_done()
    assert outputs.out_stream.total_samp_per_chan_generated == 300
    assert outputs.stop() is None
    assert bench.outputs["bias"] == pytest.approx(5.0, abs=OUTPUT_LSB_V)


def test_only_the_first_position_of_the_scan_shows_the_output_before_the_tick(daq: Client) -> None:
    """NI KnowledgeBase kA0VU0000004ywr0AA; a delay of the first conversion lets it show the new one, too."""
    outputs = daq.outputs(finite=50)
    for delay_s, behind in ((None, 1), (20e-6, 0)):
        inputs = daq.inputs("Dev1/ai2, Dev1/ai3, Dev1/ai1, Dev1/ai2")
        if delay_s is not None:
            inputs.timing.delay_from_samp_clk_delay_units = DigitalWidthUnits.SECONDS
            inputs.timing.delay_from_samp_clk_delay = delay_s
            assert inputs.timing.delay_from_samp_clk_delay == pytest.approx(20e-6)
        set_going(inputs, outputs, ramp(50))
        first, z, _, again = read(inputs, 60)
        assert first[behind : 50 + behind] == pytest.approx(ramp(50)[0], abs=OUTPUT_LSB_V)
        assert z[:50] == pytest.approx(ramp(50)[1], abs=OUTPUT_LSB_V)
        assert again[:50] == pytest.approx(ramp(50)[0], abs=OUTPUT_LSB_V)
        outputs.stop()
        inputs.close()


def test_a_ramp_stopped_midway_holds_what_it_generated_last(bench: SimulatedBench, daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=300)
    set_going(inputs, outputs, ramp(300))
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
    set_going(inputs, outputs, ramp(300))
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
        set_going(inputs, outputs, ramp(300))
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
        assert shown[2, :50] == pytest.approx(ramp(50, top_V)[0], abs=OUTPUT_LSB_V)
        outputs.stop()


def test_a_ramp_can_be_written_in_pieces_and_restarted(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=300, buffer=300)
    write(outputs, ramp(300)[:, :200])
    write(outputs, ramp(300)[:, 200:])
    inputs.start()
    for _ in range(2):
        outputs.start()
        assert read(inputs, 310)[2, :300] == pytest.approx(ramp(300)[0], abs=OUTPUT_LSB_V)
        outputs.stop()


def test_modulation_repeats_without_a_seam(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(regenerate=True, buffer=8000)
    levels = np.array([1.0, 0.0, -1.0])[(3 * ((49 * np.arange(8000)) % 8000)) // 8000]
    set_going(inputs, outputs, [levels, np.full(8000, 3.0)])
    shown = read(inputs, 20_001, timeout_s=11.0)[:, :20_000]
    assert shown[2] == pytest.approx(levels[np.arange(20_000) % 8000], abs=OUTPUT_LSB_V)
    assert outputs.out_stream.total_samp_per_chan_generated == 20_001
    assert outputs.out_stream.space_avail == 8000
    outputs.stop()
    assert read(inputs, 5)[2, -1] == pytest.approx(levels[20_000 % 8000], abs=OUTPUT_LSB_V)


def test_modulation_takes_what_is_written_over_it(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs("Dev1/ao0", regenerate=True, buffer=100)
    set_going(inputs, outputs, np.full((1, 100), 1.0))
    assert read(inputs, 151)[2] == pytest.approx(1.0, abs=OUTPUT_LSB_V)
    assert write(outputs, np.full((1, 100), -1.0)) == 100
    assert read(inputs, 300)[2] == pytest.approx(-1.0, abs=OUTPUT_LSB_V)


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
    assert read(inputs, 60)[2, :50] == pytest.approx(ramp(50)[0], abs=OUTPUT_LSB_V)


def test_inputs_that_wait_for_the_outputs(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(finite=50, source="")
    inputs.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ao/StartTrigger")
    write(outputs, ramp(50))
    inputs.start()
    with refused(-200284):
        read(inputs, 10, timeout_s=0.5)
    outputs.start()
    assert read(inputs, 60)[2, :50] == pytest.approx(ramp(50)[0], abs=OUTPUT_LSB_V)


def test_a_waveform_is_fed_while_it_runs(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(buffer=100)
    for channel in outputs.ao_channels:
        channel.ao_data_xfer_req_cond = OutputDataTransferCondition.ON_BOARD_MEMORY_EMPTY
    long = ramp(500)
    set_going(inputs, outputs, long[:, :100])
    shown = [read(inputs, 60)]
    assert outputs.out_stream.space_avail == 60
    assert write(outputs, long[:, 100:160]) == 60
    assert outputs.out_stream.curr_write_pos == 160
    shown.append(read(inputs, 90))
    assert np.concatenate(shown, axis=1)[2] == pytest.approx(long[0, :150], abs=OUTPUT_LSB_V)


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
    set_going(inputs, outputs, ramp(100))
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
    set_going(inputs, outputs, ramp(100))
    read(inputs, 150)
    with refused(-200290):
        outputs.stop()
    outputs.stop()


def test_clock_of_a_waveform_is_named(daq: Client) -> None:
    outputs = daq.outputs()
    assert outputs.timing.samp_clk_src == INPUT_CLOCK
    assert outputs.out_stream.regen_mode is RegenerationMode.DONT_ALLOW_REGENERATION
