"""Igor waves, text and experiments: files of the known trace, and the tests that all importers share."""

import io
import struct

import numpy as np
import pytest
from igorwriter import IgorWave

from analysis.importers import ForeignFile, ImportOptions
from analysis.importers.options import Layout, Orientation
from tests.support.recordings.foreign_files import imported, save_wave
from tests.support.recordings.importer_tests import CONDUCTANCE_G0, BIAS_mV, CURRENT_nA, ImporterTests

BIAS_V = {"bias_V": BIAS_mV * 1e-3}


class TestIgorWave(ImporterTests):
    suffix = ".ibw"
    options = ImportOptions(BIAS_V)
    heading = "known_Current"

    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "known_Current.ibw"
        self.write(path)
        return path

    def write(self, path, current_unit="nA"):
        save_wave(
            path.with_name(f"{path.stem.removesuffix('_Current')}_Current.ibw"), CURRENT_nA, current_unit
        )
        if path.stem == "odd":
            path.with_name("odd_Current.ibw").rename(path)
            data = path.read_bytes()
            path.write_bytes(data)

    def test_an_unknown_unit_is_asked_for_by_name(self, tmp_path):
        path = save_wave(tmp_path / "Current.ibw", CURRENT_nA, "fur")
        with pytest.raises(ForeignFile, match=r"unit 'fur' of column 'current' is unknown: give its unit"):
            self.read(path)

    @pytest.mark.parametrize(
        ("unit", "name", "factor"),
        [("nm", "extension", 1e-9), ("mV", "bias", 1e-3), ("Å", "extension", 1e-10)],
    )
    def test_the_scaling_of_the_rows_is_displacement_or_bias(self, tmp_path, unit, name, factor):
        path = save_wave(tmp_path / "Conductance.ibw", CONDUCTANCE_G0, "G0", 0.02, unit)
        (trace,) = imported(path).traces
        assert trace.values(name) == pytest.approx(0.02 * factor * np.arange(60))

    def test_rows_of_a_wave_can_be_the_traces(self, tmp_path):
        path = save_wave(tmp_path / "conductance.ibw", np.tile(CONDUCTANCE_G0, (3, 1)), "G0")
        rows = ImportOptions(layout=Layout(Orientation.ROWS))
        assert [len(trace) for trace in imported(path, options=rows).traces] == [60, 60, 60]


class TestIgorText(ImporterTests):
    suffix = ".itx"

    def write(self, path, current_unit="nA"):
        rows = "".join(f"\t{BIAS_mV}\t{value:.6e}\n" for value in CURRENT_nA)
        path.write_text(
            f"IGOR\nWAVES/D\tBias\tCurrent\nBEGIN\n{rows}END\n"
            'X SetScale/P x 0,0.0001,"s", Bias; SetScale d 0,0,"mV", Bias\n'
            f'X SetScale/P x 0,0.0001,"s", Current\nX SetScale d 0,0,"{current_unit}", Current\nX Display Current\n',
            "utf-8",
        )

    def test_matrices_and_rates(self, tmp_path):
        path = tmp_path / "m.itx"
        rows = "".join(f"\t{a}\t{a / 2}\n" for a in CONDUCTANCE_G0)
        path.write_text(
            f'IGOR\nWAVES/D/N=(60,2)\tConductance\nBEGIN\n{rows}END\nX SetScale/P x 0,0.02,"nm", Conductance; '
            'SetScale y 0,0,"", Conductance; SetScale d 0,0,"G0", Conductance\n'
        )
        first, second = imported(path).traces
        assert second.values("conductance") == pytest.approx(CONDUCTANCE_G0 / 2)
        assert first.values("extension")[1] == pytest.approx(0.02e-9)


class TestIgorTextWithNotes(TestIgorText):
    """A wave of text among those of numbers, and rows spaced by their end."""

    def write(self, path, current_unit="nA"):
        super().write(path, current_unit)
        notes = 'WAVES/T\tnotes\nBEGIN\n\t"gold, 4 K"\n\t"BDA"\nEND\n'
        text = path.read_text("utf-8").replace("IGOR\n", f"IGOR\n{notes}")
        path.write_text(text.replace('SetScale/P x 0,0.0001,"s"', 'SetScale x 0,0.006,"s"'), "utf-8")

    def test_the_text_is_told_and_the_rate_follows_from_the_end(self, path):
        found = self.read(path)
        assert "not read, because they are text: notes" in found.from_file
        assert found.rate_Hz == pytest.approx(1e4)


class TestIgorExperiment(ImporterTests):
    suffix = ".pxp"

    def write(self, path, current_unit="nA"):
        content = b""
        for name, values, unit in (
            ("Bias", np.full(60, BIAS_mV), "mV"),
            ("Current", CURRENT_nA, current_unit),
        ):
            wave, held = IgorWave(values, name=name), io.BytesIO()
            wave.set_datascale(unit[:3])
            wave.save(held)
            content += packed(3, held.getvalue())
        path.write_bytes(packed(9, b"root".ljust(32, b"\0")) + content + packed(10, b""))

    def test_an_unknown_unit_is_asked_for_by_name(self, tmp_path):
        self.write(tmp_path / "odd.pxp", "fur")
        with pytest.raises(ForeignFile, match=r"unit 'fur' of column 'current' is unknown"):
            self.read(tmp_path / "odd.pxp")

    def test_a_file_that_is_cut_short_is_told_or_refused(self, path):
        path.write_bytes(path.read_bytes()[:-40])
        found = self.read(path)
        assert [channel.name for channel in found.channels] == ["bias"]
        assert any("cut short" in phrase for phrase in found.from_file)


def packed(kind, content):
    """A record of a packed experiment: WaveMetrics' Technical Note PTN003."""
    return struct.pack("<Hhi", kind, 5, len(content)) + content
