import math
import os
import struct
from pathlib import Path

import igor2.binarywave
import numpy as np
import pytest
from igorwriter import IgorWave
from nptdms import ChannelObject, TdmsWriter

from analysis.constants import G0_S
from analysis.importers import ForeignFile, ImportOptions, files_in, kind_of, read_file
from analysis.importers.assemble import assemble
from analysis.importers.imported import ImportedTraces
from analysis.importers.quantities import Quantity, channel_name, split_header, to_si
from analysis.importers.record import record
from analysis.recording import Recording


def save_wave(path: Path, values: np.ndarray, unit: str = "", step: float = 1.0, step_unit: str = "") -> Path:
    wave = IgorWave(values, name=path.stem)
    if unit:
        wave.set_datascale(unit)
    if step_unit or step != 1.0:
        wave.set_dimscale("x", 0.0, step, step_unit or None)
    wave.save(str(path))
    return path


def imported(*paths: Path, kind: str = "auto", options: ImportOptions | None = None) -> ImportedTraces:
    pieces = [piece for path in paths for piece in read_file(path, kind)]
    return assemble(pieces, options or ImportOptions())


def eka_block(
    rng: np.random.Generator, samples: int = 400, traces: int = 3, speed: float = 20.0
) -> np.ndarray:
    block = np.zeros((samples + 22, traces), dtype=np.float32)
    block[:samples] = rng.normal(0.5, 1.0, (samples, traces))
    parameters = {2: 5.0, 3: speed, 11: 1.0, 12: 25.0, 14: 10110.0, 15: 5.0}
    for row, value in parameters.items():
        block[samples + row] = value
    block[samples + 5] = np.arange(traces)
    return block


# --- Igor -------------------------------------------------------------------------------------------------


def test_an_eka_block_is_recognised_and_its_parameters_read(tmp_path):
    block = eka_block(np.random.default_rng(1))
    block[7, 1] = -295.0  # wild values stay
    result = imported(save_wave(tmp_path / "Block_1.ibw", block))
    assert [trace.source for trace in result.traces] == [f"Block_1.ibw column {i}" for i in range(3)]
    assert result.rate_Hz == 400 * 20 / 5
    assert result.settings["bias_V"] == 0.025
    assert result.settings["series_resistance_ohm"] == 10110.0
    assert result.settings["opening_speed_m_per_s"] == 20e-9
    assert result.settings["current_gain_V_per_A"] == 1e6
    assert [(c.name, c.unit, c.dtype) for c in result.channels] == [("conductance", "G0", "f4")]
    assert np.array_equal(result.traces[1].values("conductance"), block[:400, 1])
    assert result.traces[2].settings["parameter_rows"][5] == 2.0
    assert any("EKA" in remark for remark in result.from_file)
    assert result.unknowns == ()


def test_any_other_wave_of_two_dimensions_is_plain_columns(tmp_path):
    block = eka_block(np.random.default_rng(1))
    block[400 + 14, 1] = 3.0  # not the same series resistance in every column: not that convention
    result = imported(save_wave(tmp_path / "data.ibw", block))
    assert len(result.traces) == 3
    assert len(result.traces[0]) == 422
    assert "what the values are" not in result.unknowns  # the wave has a name: "data"
    assert set(result.unknowns) >= {
        "unit of data",
        "sampling rate",
        "displacement",
        "bias",
        "series resistance",
    }


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, np.uint8])
def test_waves_of_all_real_types_and_padding(tmp_path, dtype):
    values = np.arange(24).reshape(12, 2).astype(dtype)
    result = imported(save_wave(tmp_path / "conductance.ibw", values, "S", 1e-3, "s"))
    assert result.rate_Hz == 1000.0
    assert np.allclose(result.traces[1].values("conductance"), values[:, 1] / G0_S)


def test_single_waves_become_one_trace_by_their_number(tmp_path):
    for number, n in ((0, 50), (100, 60)):
        current = np.linspace(1e-6, 0.0, n)
        save_wave(tmp_path / f"PullOutCurrent_{number}.ibw", current, "A", 1e-4, "s")
        save_wave(tmp_path / f"PullOutVoltage_{number}.ibw", np.full(n, 0.02), "V", 1e-4, "s")
        save_wave(tmp_path / f"PullOutExtension_{number}.ibw", np.linspace(4.6, 4.5, n), "V", 1e-4, "s")
    files, skipped = files_in([tmp_path])
    assert skipped == []
    result = imported(*files, options=ImportOptions({"extension_m_per_V": 62e-9}))
    assert [len(trace) for trace in result.traces] == [50, 60]
    assert {c.name: c.unit for c in result.channels} == {
        "conductance": "G0",
        "current": "A",
        "bias": "V",
        "extension": "m",
    }
    assert result.rate_Hz == 10000.0
    expected = np.linspace(1e-6, 0.0, 50) / 0.02 / G0_S
    assert result.traces[0].values("conductance") == pytest.approx(expected)
    assert result.traces[0].flags == ("conductance calculated",)
    assert result.unknowns[-1].startswith("whether the voltage includes")
    path = tmp_path / "out.h5"
    record(result, path)
    with Recording(path) as recording:
        assert recording.trace(0).displacement_m[[0, -1]] == pytest.approx([0.0, 6.2e-9])


def test_units_that_no_file_tells_are_not_invented(tmp_path):
    save_wave(tmp_path / "PullOutCurrent_0.ibw", np.ones(30))
    save_wave(tmp_path / "PullOutVoltage_0.ibw", np.full(30, 0.1))
    files, _ = files_in([tmp_path])
    unknown = imported(*files)
    assert unknown.traces[0].values("conductance") is None
    assert {"unit of current", "unit of bias", "sampling rate"} <= set(unknown.unknowns)
    told = imported(*files, options=ImportOptions(units={"current": "uA", "bias": "V"}, rate_Hz=2000.0))
    assert told.traces[0].values("conductance") == pytest.approx(1e-6 / 0.1 / G0_S)
    assert {"unit of current: uA", "unit of bias: V", "rate: 2000 Hz"} <= set(told.from_options)


def test_a_trace_that_is_there_twice_is_kept_once(tmp_path):
    block = eka_block(np.random.default_rng(2))
    save_wave(tmp_path / "Block_1.ibw", block)
    voltage = np.full(400, 0.02)
    save_wave(tmp_path / "PullOutVoltage_0.ibw", voltage, "V")
    save_wave(tmp_path / "PullOutCurrent_0.ibw", (block[:400, 1] * 77.5e-6 * voltage).astype("f4"), "A")
    save_wave(tmp_path / "PullOutCurrent_1.ibw", np.zeros(10))
    result = imported(*files_in([tmp_path])[0])
    assert [trace.rejected for trace in result.traces] == [
        "",
        "",
        "",
        "the same as Block_1.ibw column 1",
        "its conductance is not known",
    ]
    path = tmp_path / "out.h5"
    record(result, path)
    with Recording(path) as recording:
        assert [entry.kept for entry in recording.traces] == [True, True, True, False, False]
        assert math.isnan(recording.trace(4).displacement_m[0])


def test_blocks_that_differ_keep_their_own_settings(tmp_path):
    rng = np.random.default_rng(3)
    slow = save_wave(tmp_path / "gentle.ibw", eka_block(rng, speed=10.0))
    fast = save_wave(tmp_path / "quick.ibw", eka_block(rng, speed=20.0))
    result = imported(slow, fast)
    assert math.isnan(result.rate_Hz)
    assert "opening_speed_m_per_s" not in result.settings
    path = tmp_path / "out.h5"
    record(result, path)
    with Recording(path) as recording:
        for number in (0, 3):  # 5 nm over 400 samples, at either speed
            assert recording.trace(number).displacement_m[1] == pytest.approx(5e-9 / 400)


def test_a_wave_of_version_2(tmp_path):
    path = tmp_path / "current.ibw"
    path.write_bytes(igor_v2(np.arange(10.0), unit=b"A", step=0.5e-3, step_unit=b"s"))
    assert igor2.binarywave.load(str(path))["version"] == 2
    result = imported(path)
    assert result.rate_Hz == 2000.0
    assert result.channels[0].unit == "A"
    assert np.array_equal(result.traces[0].values("current"), np.arange(10.0))


def igor_v2(values: np.ndarray, unit: bytes, step: float, step_unit: bytes) -> bytes:
    """A wave as Igor Pro 2 wrote it: BinHeader2 and WaveHeader2 of WaveMetrics' Technical Note 003."""
    header = bytearray(110)
    struct.pack_into("<h", header, 0, 4)  # type: 64-bit floating point
    header[6:13] = b"current"
    header[34:38] = unit.ljust(4, b"\0")
    header[38:42] = step_unit.ljust(4, b"\0")
    struct.pack_into("<i", header, 42, len(values))
    struct.pack_into("<dd", header, 48, step, 0.0)
    body = bytes(header) + values.astype("<f8").tobytes() + bytes(16)  # padding, counted as part of the wave
    binary = struct.pack("<hiii", 2, len(body), 0, 0)
    words = np.frombuffer(binary + bytes(header), dtype="<i2")
    return binary + struct.pack("<H", -int(words.sum()) & 0xFFFF) + body


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (np.array(["a", "b"]), "text or complex"),
        (np.ones(4, dtype=complex), "text or complex"),
        (np.ones((2, 3, 4)), "3 dimensions"),
    ],
)
def test_waves_that_hold_no_traces_are_refused(tmp_path, values, sentence):
    path = save_wave(tmp_path / "wave.ibw", values)
    with pytest.raises(ForeignFile, match=sentence):
        read_file(path)


# --- text -------------------------------------------------------------------------------------------------


def test_rows_are_traces_and_their_padding_is_trimmed_and_counted(tmp_path):
    path = tmp_path / "rows.csv"
    first = [*np.linspace(5, 1, 18), math.nan, -0.5]
    lines = [first, [*np.linspace(4, 1, 17), math.nan, math.nan, math.nan], [math.nan] * 20, [1e300] * 20]
    path.write_text("\n".join(",".join(repr(float(x)) for x in line) for line in lines))
    assert kind_of(path) == "csv"
    result = imported(path, options=ImportOptions(units={"conductance": "G0"}))
    assert [len(trace) for trace in result.traces] == [20, 17, 20]
    assert result.traces[0].values("conductance")[-1] == -0.5
    assert math.isnan(result.traces[0].values("conductance")[-2])
    assert result.traces[2].values("conductance")[0] == 1e300
    assert result.counts == {
        "samples of padding trimmed": 23,
        "rows or columns without a value": 1,
        "values kept that are NaN": 1,
    }


def test_rows_may_have_different_lengths_and_empty_fields(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(",".join(["1.5"] * 20) + "\n2,3,4\n" + "5,6" + "," * 30 + "\n")
    result = imported(path)
    assert [len(trace) for trace in result.traces] == [20, 3, 2]
    assert result.channels[0].name == "values"
    assert result.unknowns[:2] == ("what the values are", "unit of values")


def test_columns_with_names_and_units(tmp_path):
    path = tmp_path / "iv.txt"
    path.write_text("Junction 4\n\nVoltage (mV)\tCurrent [nA]\tTime / s\n" + "".join(
        f"{100 * i}\t{2 * i}\t{i / 50}\n" for i in range(20)
    ))  # fmt: skip
    result = imported(path)
    (trace,) = result.traces
    assert {c.name: c.unit for c in result.channels} == {"current": "A", "bias": "V", "time": "s"}
    assert trace.values("bias") == pytest.approx(0.1 * np.arange(20))
    assert trace.values("current") == pytest.approx(2e-9 * np.arange(20))
    assert result.rate_Hz == 50.0
    assert trace.flags == ("I-V",)
    assert result.settings["lines_above"] == ["Junction 4", "Voltage (mV)\tCurrent [nA]\tTime / s"]
    assert result.title == "1 I-V sweeps from iv.txt"


@pytest.mark.parametrize(
    "text",
    [
        "V I\nV nA\n0.1 1\n0.2 2\n",
        "# bias (V) current (nA)\n0.1 1\n0.2 2\n",
        "bias_V;current_nA\n0,1;1\n0,2;2\n",
        "Voltage [V],Current [nA]\n0.1,1\n0.2,2\n",
        "% Voltage/V, Current/nA\n0.1, 1,\n# a remark\n0.2, 2,\n",
        '"Voltage (V)"\t"Current (nA)"\n0,1\t1\n0,2\t2\n',
    ],
)
def test_ways_to_write_columns(tmp_path, text):
    path = tmp_path / "columns.dat"
    path.write_text(text)
    (trace,) = imported(path).traces
    assert trace.values("bias") == pytest.approx([0.1, 0.2])
    assert trace.values("current") == pytest.approx([1e-9, 2e-9])


def test_columns_without_names_stay_nameless(tmp_path):
    path = tmp_path / "columns.txt"
    path.write_text("1 2\n3 4\n")
    result = imported(path)
    assert [c.name for c in result.channels] == ["column_0", "column_1"]
    assert {"unit of column_0", "sampling rate"} <= set(result.unknowns)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"just words\nand more\n", "no columns of numbers"),
        ("a.txt", b"1 2\n3 4\n5\n", "line 3"),
        ("a.txt", b"", "empty file"),
        ("a.txt", b"1 2\n3 \0", "not a text file"),
        ("a.csv", b"1," * 20 + b"\n1,2,x\n", "line 2 is not a row of numbers"),
        ("a.ibw", b"", "not a readable Igor binary wave"),
        ("a.ibw", b"hello world, this is no wave" * 10, "not a readable Igor binary wave"),
        ("a.tdms", b"hello world", "not a readable TDMS file"),
        ("a.sxm", b"", "no known format"),
    ],
)
def test_a_broken_or_foreign_file_gives_one_clear_line(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ForeignFile, match=sentence) as caught:
        read_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wave_that_was_cut_short_gives_one_clear_line(tmp_path):
    path = save_wave(tmp_path / "a.ibw", np.arange(100.0))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ForeignFile, match="not a readable Igor binary wave"):
        read_file(path)


# --- TDMS -------------------------------------------------------------------------------------------------


def test_tdms_groups_are_traces(tmp_path):
    path = tmp_path / "traces.tdms"
    with TdmsWriter(str(path)) as writer:
        for group in ("trace 0", "trace 1"):
            about = {"wf_increment": 1e-4, "unit_string": "nA"}
            bias = {"wf_increment": 1e-4, "unit_string": "V"}
            writer.write_segment(
                [
                    ChannelObject(group, "Current", np.linspace(10, 0, 40), properties=about),
                    ChannelObject(group, "Bias", np.full(40, 0.1), properties=bias),
                    ChannelObject(group, "Comment", ["x", "y"]),
                    ChannelObject(group, "Temperature", np.arange(3.0)),
                ]
            )
    result = imported(path)
    assert result.rate_Hz == 10000.0
    assert [len(trace) for trace in result.traces] == [40, 3, 40, 3]
    assert result.traces[0].values("conductance") == pytest.approx(np.linspace(1e-8, 0, 40) / 0.1 / G0_S)
    assert result.traces[1].source == "traces.tdms group trace 0, Temperature"
    assert "not read, because not numbers: Comment" in result.from_file


# --- names and units --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("PullOutCurrent", "current"),
        ("voltage", "bias"),
        ("absJ", "absolute_current_density"),
        ("logG", "log_conductance"),
        ("I", "current"),
        ("Sample temperature", "sample_temperature"),
        ("  ", "values"),
    ],
)
def test_names(text, name):
    assert channel_name(text) == name


def test_units():
    assert split_header("I_nA") == ("I", "nA")
    assert split_header("PullOut_0") == ("PullOut_0", "")
    assert split_header("J (A/cm2)") == ("J", "A/cm2")
    density = to_si(Quantity("current_density", np.array([2.0]), "A/cm2"))
    assert (density.values[0], density.unit) == (2e4, "A/m2")
    assert to_si(Quantity("conductance", np.array([G0_S * 1e9]), "nS")).values[0] == pytest.approx(1.0)
    odd = Quantity("force", np.array([1]), "furlong")
    assert to_si(odd).unit == "furlong"


# --- recordings that others made --------------------------------------------------------------------------


def recordings() -> Path:
    folder = os.environ.get("HOTJUNCTION_RECORDINGS")
    if not folder:
        pytest.skip("HOTJUNCTION_RECORDINGS does not say where the recordings of others are")
    return Path(folder)


def test_real_igor_blocks(tmp_path):
    blocks = sorted((recordings() / "eka-au-stmbj").glob("*Block_*.ibw"))
    result = imported(*blocks)
    assert len(result.traces) == 200
    assert (result.rate_Hz, result.settings["bias_V"]) == (40e3, 0.025)
    assert result.settings["series_resistance_ohm"] == 10110.0
    values = np.concatenate([trace.values("conductance") for trace in result.traces])
    assert values.size == 2_000_000
    assert values.min() < -119  # wild values are kept
    assert np.mean(values < 0) == pytest.approx(0.243, abs=5e-4)
    path = tmp_path / "eka.h5"
    record(result, path)
    with Recording(path) as recording:
        assert recording.trace(0).displacement_m[-1] == pytest.approx(5e-9, rel=1e-3)
        assert np.array_equal(recording.samples(0, recording.stop)[0], values)


def test_real_igor_folder_counts_no_trace_twice():
    files, _ = files_in([recordings() / "eka-au-stmbj"])
    result = imported(*files, options=ImportOptions(units={"current": "A", "bias": "V"}))
    assert [trace.rejected for trace in result.traces if trace.rejected] == [
        "the same as PullOutConductanceBlock_1.ibw column 99"
    ]
    assert len(result.traces) == 202


def test_real_rows():
    result = imported(recordings() / "au-tunnelling" / "example_tunneling_data.csv")
    assert len(result.traces) == 97
    assert min(map(len, result.traces)) == 178
    assert result.counts == {"samples of padding trimmed": 225840}
    assert "what the values are" in result.unknowns


def test_real_sweeps():
    files, _ = files_in([recordings() / "egain-decanethiol"])
    units = {"bias": "V", "current": "A", "current_density": "A/cm2", "time": "s"}
    result = imported(*files, options=ImportOptions(units=units))
    assert len(result.traces) == 10
    assert all(trace.flags == ("I-V",) for trace in result.traces)
    assert "area of the electrode" in result.unknowns
    assert {c.name: c.unit for c in result.channels}["current_density"] == "A/m2"
    bias = result.traces[0].values("bias")
    assert (bias.min(), bias.max()) == (-1.5, 1.5)
