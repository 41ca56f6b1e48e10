"""TDMS: files of the known trace, and the tests that all importers share."""

import numpy as np
import pytest
from nptdms import ChannelObject, TdmsWriter

from analysis.importers import ImportOptions, Spool
from analysis.importers.options import ColumnChoice
from tests.support.recordings.foreign_files import imported
from tests.support.recordings.importer_tests import CONDUCTANCE_G0, BIAS_mV, CURRENT_nA, ImporterTests

BIAS_V = {"bias_V": BIAS_mV * 1e-3}


class TestTdms(ImporterTests):
    suffix = ".tdms"

    def write(self, path, current_unit="nA"):
        with TdmsWriter(str(path)) as writer:
            for part in np.split(np.arange(60), 6):
                writer.write_segment(
                    [
                        channel("Current", CURRENT_nA[part], current_unit),
                        channel("Bias", np.full(10, BIAS_mV), "mV"),
                    ]
                )

    def test_an_index_of_an_older_file_is_not_used(self, path):
        with TdmsWriter(str(path), index_file=True) as writer:
            writer.write_segment([channel("Current", CURRENT_nA[:5], "nA")])
        stale = path.with_name(path.name + "_index").read_bytes()
        self.write(path)
        path.with_name(path.name + "_index").write_bytes(stale)
        assert self.read(path).traces[0].values("conductance") == pytest.approx(CONDUCTANCE_G0)

    def test_the_lost_samples_are_told(self, path):
        path.write_bytes(path.read_bytes()[:-20])
        remarks = self.read(path).from_file
        assert "the file ends inside a segment (cut short); g/Bias has 7 of 10 samples of it" in remarks[0]
        assert any(
            "channels of different lengths are separate traces (Current 60, Bias 57)" in r for r in remarks
        )

    def test_long_channels_come_chunk_by_chunk(self, path, monkeypatch):
        monkeypatch.setattr("analysis.importers.formats.tdms._LONG", 10)
        assert self.read(path).traces[0].values("conductance") == pytest.approx(CONDUCTANCE_G0)
        with Spool(0) as spool:
            assert self.read(path, spool=spool).traces[0].values("bias") == pytest.approx(np.full(60, 0.1))

    def test_the_words_of_nidaqmx_are_units(self, tmp_path):
        with TdmsWriter(str(tmp_path / "ni.tdms")) as writer:
            writer.write_segment(
                [
                    channel("Dev1/ai0", CURRENT_nA * 1e-9, "Amps"),
                    channel("Dev1/ai1", np.full(60, 0.1), "Volts"),
                ]
            )
        names = ImportOptions(columns={"current": ColumnChoice("Dev1/ai0"), "bias": ColumnChoice("Dev1/ai1")})
        (trace,) = imported(tmp_path / "ni.tdms", options=names).traces
        assert trace.values("conductance") == pytest.approx(CONDUCTANCE_G0)


class TestTdmsOneBias(TestTdms):
    """A single sample of the bias in its channel."""

    def write(self, path, current_unit="nA"):
        with TdmsWriter(str(path)) as writer:
            writer.write_segment([channel("Bias", np.array([BIAS_mV]), "mV")])
            for part in np.split(np.arange(60), 6):
                writer.write_segment([channel("Current", CURRENT_nA[part], current_unit)])

    def test_the_lost_samples_are_told(self, path):
        path.write_bytes(path.read_bytes()[:-20])
        assert "g/Current has 7 of 10 samples of it" in self.read(path).from_file[0]

    def test_long_channels_come_chunk_by_chunk(self, path, monkeypatch):
        monkeypatch.setattr("analysis.importers.formats.tdms._LONG", 10)
        assert self.read(path).traces[0].values("conductance") == pytest.approx(CONDUCTANCE_G0)

    def test_a_bias_of_another_length_is_asked_for(self, tmp_path):
        with TdmsWriter(str(tmp_path / "uneven.tdms")) as writer:
            bias = channel("Bias", np.full(50, BIAS_mV), "mV")
            writer.write_segment([channel("Current", CURRENT_nA, "nA"), bias])
        assert self.read(tmp_path / "uneven.tdms").unknowns[0].endswith("--bias-mV 100")
        found = self.read(tmp_path / "uneven.tdms", ImportOptions(BIAS_V))
        assert found.traces[0].values("conductance") == pytest.approx(CONDUCTANCE_G0)
        assert not any("without effect" in phrase for phrase in found.from_options)


class TestTdmsOfDaqmx(TestTdms):
    """The unit in the other property that DAQmx writes."""

    def write(self, path, current_unit="nA"):
        with TdmsWriter(str(path)) as writer:
            for part in np.split(np.arange(60), 6):
                objects = [
                    channel("Current", CURRENT_nA[part], current_unit),
                    channel("Bias", np.full(10, BIAS_mV), "mV"),
                ]
                for each in objects:
                    each.properties["NI_UnitDescription"] = each.properties.pop("unit_string")
                writer.write_segment(objects)


def channel(name, values, unit):
    return ChannelObject("g", name, values, properties={"unit_string": unit, "wf_increment": 1e-4})
