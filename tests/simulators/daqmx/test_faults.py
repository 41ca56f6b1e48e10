"""Faults of the simulated card, as its client sees them."""

import grpc
import numpy as np
import pytest
from nidaqmx.errors import RpcError

from simulators.rig.bench import SimulatedBench
from simulators.rig.faults import (
    ConnectionLost,
    DeviceLost,
    DroppedReads,
    FifoOverflow,
    OutputUnderflow,
    Overrun,
    ReadsPause,
    Stall,
)
from tests.support.instruments.daq_client import LSB_V, OUTPUT_LSB_V, Client, ramp, read, refused, set_going
from tests.support.instruments.stand_ins import MILLIVOLT


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


@pytest.mark.parametrize(("in_transfer", "code"), [(False, -200361), (True, -200714)])
def test_an_overflow_of_the_cards_memory_ends_the_acquisition(
    bench: SimulatedBench, daq: Client, in_transfer: bool, code: int
) -> None:
    bench.faults.add(FifoOverflow(150, in_transfer))
    task = daq.inputs()
    task.start()
    read(task, 100)
    with refused(code):
        read(task, 50)  # what the buffer holds is lost, too
    assert bench.acquired == 150
    with refused(code):
        task.is_task_done()


def test_while_the_computer_is_away_the_acquisition_goes_on(bench: SimulatedBench, daq: Client) -> None:
    """A pause within the buffer loses nothing; a longer one overruns it."""
    task = daq.inputs("Dev1/ai0:1", buffer=10_000)
    task.start()
    read(task, 100)
    bench.faults.add(ReadsPause(seconds=1.0))
    assert read(task, 10)[1] == pytest.approx(np.arange(100, 110) * MILLIVOLT, abs=LSB_V)
    assert bench.acquired == 2100
    bench.faults.add(ReadsPause(seconds=10.0))
    with refused(-200279):
        read(task, 10)


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
    set_going(inputs, outputs, ramp(100))
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
