"""Rules common to all importers: foreign files, names and units, recordings that others made."""

import os
from pathlib import Path

import numpy as np
import pytest
from nptdms import ChannelObject, TdmsWriter

from analysis.constants import G0_S
from analysis.importers import ForeignFile, ImportOptions, files_in, read_file
from analysis.importers.quantities import ImportedColumn, channel_name, split_header, to_si
from analysis.importers.record import record
from analysis.recording import Recording
from tests.support.recordings.foreign_files import imported, save_wave

# --- files that are none


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"just words\nand more\n", "no columns of numbers"),
        ("a.txt", b"1 2\n3 4\n5\n", "line 3"),
        ("a.txt", b"", "empty file"),
        ("a.txt", b"1 2\n3 \0 4\n5 6\n", "not a text file"),
        ("a.csv", b"1," * 20 + b"\n1,2,x\n", "line 2 is not a row of numbers"),
        ("a.ibw", b"", "an empty file"),
        ("a.ibw", b"hello world, this is no wave" * 10, "not a readable Igor binary wave"),
        ("a.tdms", b"hello world", "not a readable TDMS file"),
        ("a.jpeg", b"", "unknown format"),
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


# --- TDMS


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
    assert "not read, because they hold no numbers: Comment" in result.from_file


# --- names and units


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
        ("Jännite", "jännite"),
        ("Höhe", "höhe"),
    ],
)
def test_names(text, name):
    assert channel_name(text) == name


def test_units():
    assert split_header("I_nA") == ("I", "nA")
    assert split_header("PullOut_0") == ("PullOut_0", "")
    assert split_header("J (A/cm2)") == ("J", "A/cm2")
    density = to_si(ImportedColumn("current_density", np.array([2.0]), "A/cm2"))
    assert (density.values[0], density.unit) == (2e4, "A/m2")
    assert to_si(ImportedColumn("conductance", np.array([G0_S * 1e9]), "nS")).values[0] == pytest.approx(1.0)
    odd = ImportedColumn("force", np.array([1]), "furlong")
    assert to_si(odd).unit == "furlong"


# --- recordings that others made


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
    assert any(phrase.startswith("what the values are") for phrase in result.unknowns)


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


# --- an import that is interrupted


def test_an_interrupted_import_leaves_nothing_and_can_be_repeated(tmp_path):
    source = tmp_path / "trace.txt"
    source.write_text("Conductance (G0)\n" + "\n".join(f"{1 / (i + 1):.6f}" for i in range(100)), "utf-8")
    target = tmp_path / "out" / "trace.h5"
    target.parent.mkdir()

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(imported(source), target, on_trace=interrupt)
    assert list(target.parent.iterdir()) == []
    record(imported(source), target)
    with Recording(target) as recording:
        assert recording.n_samples == 100
