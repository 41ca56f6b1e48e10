"""The simulated card refuses calls with the status codes of NI-DAQmx."""

import grpc
import pytest
from nidaqmx._stubs import nidaqmx_pb2 as messages
from nidaqmx._stubs import nidaqmx_pb2_grpc
from nidaqmx.constants import TaskMode, TerminalConfiguration
from nidaqmx.errors import DaqWriteError, RpcError

from simulators.daqmx.server import DaqServer
from simulators.rig.bench import SimulatedBench
from tests.support.instruments.daq_client import RATE_HZ, Client, ramp, read, refused, set_going, write


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
    set_going(inputs, outputs, ramp(10))
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
        daq.inputs(rate_Hz=-1.0).start()


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
    task.timing.cfg_samp_clk_timing(RATE_HZ, source="/Dev1/PFI16")
    for check in (task.start, lambda: task.timing.samp_clk_src):
        with refused(-89120):
            check()
    triggered = daq.inputs()
    triggered.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ai/StartTrigger")
    with refused(-89120):
        triggered.start()
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
        lambda: task.export_signals.start_trig_output_term,
    ):
        with pytest.raises(
            RpcError, match="is not simulated: the simulated NI 6281 has analogue inputs and outputs"
        ):
            call()


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
