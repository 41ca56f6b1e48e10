"""Digital lines of the simulated card, driven by the unmodified nidaqmx package."""

import nidaqmx
import numpy as np
import pytest
from nidaqmx.constants import ChannelType, LineGrouping
from nidaqmx.stream_writers import DigitalMultiChannelWriter, DigitalSingleChannelWriter

from simulators.daqmx.server import DaqServer
from simulators.rig.bench import SimulatedBench
from tests.support.instruments.daq_client import RATE_HZ, Client, read, refused

HIGH = [True]


def lines(daq: Client, *names: str) -> nidaqmx.Task:
    """A task with a channel for each of these lines of the card."""
    task = daq.task()
    for name in names:
        task.do_channels.add_do_chan(f"Dev1/{name}")
    return task


def high(bench: SimulatedBench) -> set[str]:
    return {line for line, level in bench.lines.items() if level}


def test_the_card_says_which_lines_it_has(daq: Client) -> None:
    assert daq.device.do_ports.channel_names == ["Dev1/port0", "Dev1/port1", "Dev1/port2"]
    names = daq.device.do_lines.channel_names
    assert (len(names), names[0], names[-1]) == (24, "Dev1/port0/line0", "Dev1/port2/line7")
    assert daq.device.do_ports["port1"].do_port_width == 8


def test_a_channel_says_what_it_is(daq: Client) -> None:
    task = daq.task()
    both = task.do_channels.add_do_chan("Dev1/port0/line2:3", "walker")
    assert (both.name, both.chan_type, both.do_num_lines) == ("walker", ChannelType.DIGITAL_OUTPUT, 2)
    assert both.physical_channel.name == "Dev1/port0/line2:3"
    assert task.out_stream.do_num_booleans_per_chan == 2
    with refused(-200452):
        _ = task.out_stream.total_samp_per_chan_generated


def test_one_level_for_each_channel(bench: SimulatedBench, daq: Client) -> None:
    task = lines(daq, "port0/line2", "port1/line7")
    assert task.write([True, False]) == 1
    assert high(bench) == {"port0/line2"}
    task.write([False, True])
    assert high(bench) == {"port1/line7"}


def test_a_started_task_is_written_by_the_stream_writer(bench: SimulatedBench, daq: Client) -> None:
    task = lines(daq, "port0/line2", "port0/line3")
    task.start()
    writer = DigitalMultiChannelWriter(task.out_stream, auto_start=False)
    writer.write_one_sample_one_line(np.array([False, True]))
    assert high(bench) == {"port0/line3"}


def test_several_samples_come_one_after_the_other(bench: SimulatedBench, daq: Client) -> None:
    seen = []
    bench.coarse.follow = lambda levels: seen.append(levels["port0/line5"])  # type: ignore[method-assign]
    before_s = bench.clock.now()
    assert lines(daq, "port0/line5").write([True, False, True], auto_start=True) == 3
    assert seen == [True, False, True]
    assert bench.clock.now() - before_s == pytest.approx(2 * bench.parameters.on_demand_s)


def test_levels_of_several_channels_and_samples(bench: SimulatedBench, daq: Client) -> None:
    seen = []
    bench.coarse.follow = lambda levels: seen.append(dict(levels))  # type: ignore[method-assign]
    lines(daq, "port0/line5", "port0/line6").write([[True, False], [True, True]], auto_start=True)
    assert seen == [{"port0/line5": True, "port0/line6": True}, {"port0/line5": False, "port0/line6": True}]


def test_a_channel_for_each_of_the_lines_of_one_call(bench: SimulatedBench, daq: Client) -> None:
    task = daq.task()
    task.do_channels.add_do_chan("Dev1/port1/line0:3", line_grouping=LineGrouping.CHAN_PER_LINE)
    assert task.channel_names == [f"Dev1/port1/line{n}" for n in range(4)]
    task.write([True, False, False, True])
    assert high(bench) == {"port1/line0", "port1/line3"}


def test_bits_of_an_integer_are_the_lines_by_number(bench: SimulatedBench, daq: Client) -> None:
    """The examples of NI-DAQmx Help, "Digital Data (Integer Format)": 9, and 38836 on two ports."""
    some = daq.task()
    some.do_channels.add_do_chan("Dev1/port2/line0, Dev1/port2/line3")
    some.write(9)
    assert high(bench) == {"port2/line0", "port2/line3"}
    some.write(0b0110)
    assert high(bench) == set()
    ports = daq.task()
    ports.do_channels.add_do_chan("Dev1/port0:1")
    ports.write(38836)
    ones = {f"port0/line{n}" for n in (2, 4, 5, 7)} | {f"port1/line{n}" for n in (0, 1, 2, 4, 7)}
    assert high(bench) == ones


@pytest.mark.parametrize(
    ("write", "data"),
    [
        ("write_one_sample_port_byte", 0x81),
        ("write_one_sample_port_uint16", 0x81),
        ("write_one_sample_port_uint32", 0x81),
        ("write_many_sample_port_byte", np.array([0xFF, 0x81], np.uint8)),
        ("write_many_sample_port_uint16", np.array([0xFF, 0x81], np.uint16)),
        ("write_one_sample_multi_line", np.array([1, 0, 0, 0, 0, 0, 0, 1], bool)),
    ],
)
def test_a_port_is_written_in_all_formats(
    bench: SimulatedBench, daq: Client, write: str, data: object
) -> None:
    task = daq.task()
    task.do_channels.add_do_chan("Dev1/port1")
    getattr(DigitalSingleChannelWriter(task.out_stream, auto_start=True), write)(data)
    assert high(bench) == {"port1/line0", "port1/line7"}


def test_lines_hold_when_their_task_is_gone(bench: SimulatedBench, daq: Client) -> None:
    task = lines(daq, "port0/line2")
    task.write(HIGH)
    task.close()
    assert high(bench) == {"port0/line2"}


def test_lines_go_on_beside_an_acquisition(bench: SimulatedBench, daq: Client) -> None:
    inputs = daq.inputs()
    inputs.start()
    lines(daq, "port0/line2").write(HIGH)
    assert high(bench) == {"port0/line2"}
    assert read(inputs, 20).shape == (4, 20)


def test_a_line_belongs_to_the_task_that_runs(daq: Client) -> None:
    first, same, other = lines(daq, "port0/line2"), lines(daq, "port0/line2"), lines(daq, "port0/line3")
    first.start()
    other.start()
    with refused(-50103):
        same.start()
    with refused(-50103):
        same.write(HIGH)
    first.stop()
    same.write(HIGH)


def test_reset_takes_levels_away_and_frees_the_lines(bench: SimulatedBench) -> None:
    with DaqServer(bench) as server:
        dead = Client(server.address)
        left = lines(dead, "port0/line2")
        left.start()
        left.write(HIGH)
        dead.close()
        client = Client(server.address)
        client.device.reset_device()
        assert high(bench) == set()
        lines(client, "port0/line2").write(HIGH)
        assert high(bench) == {"port0/line2"}
        client.close()


def test_lines_that_are_not_there(daq: Client) -> None:
    task = daq.task()
    for code, name in [
        (-200220, "Dev7/port0/line0"),
        (-200170, "Dev1/port0/line8"),
        (-200170, "Dev1/port3"),
        (-200170, ""),
        (-200430, "Dev1/ao0"),
    ]:
        with refused(code):
            task.do_channels.add_do_chan(name)
    with refused(-200528):
        task.do_channels.add_do_chan("Dev1/port0", line_grouping=LineGrouping.CHAN_PER_LINE)
    assert task.channel_names == []
    with refused(-200430):
        task.ao_channels.add_ao_voltage_chan("Dev1/port0/line0")


def test_tasks_of_lines_and_of_outputs_do_not_mix(daq: Client) -> None:
    task, outputs = lines(daq, "port0/line2"), daq.outputs()
    with refused(-200559):
        task.ao_channels.add_ao_voltage_chan("Dev1/ao0")
    with refused(-200489):
        task.do_channels.add_do_chan("Dev1/port0/line2")
    with refused(-200526):
        task._interpreter.write_analog_f64(task._handle, 1, True, 1.0, 0, np.zeros(1))
    with refused(-200526):
        outputs._interpreter.write_digital_lines(outputs._handle, 1, True, 1.0, 0, np.zeros(2, bool))
    with refused(-200459):
        inputs = daq.inputs()
        inputs._interpreter.write_digital_lines(inputs._handle, 1, True, 1.0, 0, np.zeros(1, bool))


def test_writes_that_do_not_fit(bench: SimulatedBench, daq: Client) -> None:
    task = lines(daq, "port0/line2", "port0/line3")
    write = task._interpreter.write_digital_lines
    with refused(-200524):
        write(task._handle, 1, True, 1.0, 0, np.ones(3, bool))
    with refused(-200846):
        write(task._handle, 1, False, 1.0, 0, np.ones(2, bool))
    wide = daq.task()
    wide.do_channels.add_do_chan("Dev1/port0:1")
    with refused(-200565):
        DigitalSingleChannelWriter(wide.out_stream).write_one_sample_port_byte(1)
    assert high(bench) == set()


def test_lines_have_no_clock(daq: Client) -> None:
    with refused(-201062):
        lines(daq, "port0/line2").timing.cfg_samp_clk_timing(RATE_HZ)
