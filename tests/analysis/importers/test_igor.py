"""Igor binary waves: blocks of traces, waves by their numbers, old versions."""

import math
import struct

import igor2.binarywave
import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.importers import ForeignFile, ImportOptions, files_in, read_file
from analysis.importers.record import record
from analysis.recording import Recording
from tests.support.recordings.foreign_files import imported, save_wave


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
    assert not any(
        "what the values are" in phrase for phrase in result.unknowns
    )  # the wave has a name: "data"
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
    assert result.unknowns[-2].startswith("whether the voltage includes")
    assert "the sign of the displacement" in result.unknowns[-1]  # it falls in these waves
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
