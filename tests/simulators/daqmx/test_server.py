"""The simulated NI-DAQmx server as such: what it says of its device, sessions, and its end."""

import threading
from functools import partial
from typing import Any

import grpc
import nidaqmx
import numpy as np
import pytest
from nidaqmx._stubs import nidaqmx_pb2 as messages
from nidaqmx._stubs import nidaqmx_pb2_grpc
from nidaqmx.constants import AcquisitionType, AOIdleOutputBehavior, SampleTimingType, TerminalConfiguration
from nidaqmx.errors import RpcError

from simulators.daqmx.server import DaqServer
from simulators.rig.bench import SimulatedBench
from tests.support.instruments.daq_client import (
    RATE_HZ,
    Client,
    keep_error,
    ramp,
    read,
    refused,
    set_going,
    write,
)
from tests.support.instruments.stand_ins import HandClock, quiet_bench
from tests.support.patience import PATIENCE_S


def test_the_system_says_what_it_is(daq: Client) -> None:
    assert daq.system.driver_version == (25, 5, 0)
    assert daq.system.devices.device_names == ["Dev1"]
    device = daq.device
    assert (device.product_type, device.is_simulated) == ("PXI-6281", False)
    assert device.serial_num > 0
    assert device.ai_physical_chans.channel_names == [f"Dev1/ai{n}" for n in range(16)]
    assert device.ao_physical_chans.channel_names == ["Dev1/ao0", "Dev1/ao1"]
    assert device.ai_voltage_rngs[-2:] == [-10.0, 10.0]
    assert device.ao_voltage_rngs == [-1.0, 1.0, -2.0, 2.0, -5.0, 5.0, -10.0, 10.0, 0.0, 10.0]
    assert device.product_num == 0x70BF
    assert (device.ai_max_single_chan_rate, device.ai_max_multi_chan_rate) == (625e3, 500e3)
    assert TerminalConfiguration.DIFF in device.ai_physical_chans["ai7"].ai_term_cfgs
    assert TerminalConfiguration.DIFF not in device.ai_physical_chans["ai8"].ai_term_cfgs
    device.self_test_device()


def test_a_channel_says_what_it_is(daq: Client) -> None:
    task = daq.task()
    channel = task.ai_channels.add_ai_voltage_chan("Dev1/ai1", "thermo", min_val=-0.3, max_val=0.4)
    assert (channel.physical_channel.name, channel.name) == ("Dev1/ai1", "thermo")
    assert (channel.ai_min, channel.ai_max, channel.ai_rng_high) == (-0.5, 0.5, 0.5)
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
        set_going(inputs, outputs, ramp(100))
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
    reading = threading.Thread(target=partial(keep_error, errors, lambda: read(task, 10)))
    reading.start()
    clock.wait_for_waiters(2)
    server.stop()
    reading.join(PATIENCE_S)
    assert len(errors) == 1


def test_a_port_that_is_taken(bench: SimulatedBench) -> None:
    with DaqServer(bench) as server, pytest.raises(OSError, match="can't serve"):
        DaqServer(bench, port=server.port).start()


def test_a_waveform_longer_than_a_message_usually_is(daq: Client) -> None:
    outputs = daq.outputs("Dev1/ao1", finite=600_000, source="")
    assert write(outputs, np.zeros((1, 600_000))) == 600_000  # 4.8 MB
