"""Tests that every importer inherits: a known trace in its format, read whole, in parts, cut short, and asked for."""

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.importers import ForeignFile, ImportOptions, Spool, read_file
from analysis.importers.assemble import assemble
from analysis.importers.options import ColumnChoice

CURRENT_nA = np.concatenate([np.linspace(8000.0, 1000.0, 20), np.full(20, 7.75), np.linspace(0.05, 0.01, 20)])
BIAS_mV = 100.0
CONDUCTANCE_G0 = CURRENT_nA * 1e-9 / (BIAS_mV * 1e-3) / G0_S


class ImporterTests:
    """Base of the tests of a format.

    A subclass writes a trace of `CURRENT_nA` at `BIAS_mV` into one file and gives its suffix. Where the format has no
    units, or holds no bias, it gives the options that a user would.
    """

    suffix: str
    options = ImportOptions()
    keeps_units = True
    tells_the_end = True
    heading = "Current"

    def write(self, path, current_unit="nA"):
        """Write one trace to a new file."""
        raise NotImplementedError

    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / f"known{self.suffix}"
        self.write(path)
        return path

    def read(self, path, options=None, spool=None):
        options = options or self.options
        return assemble(read_file(path, options=options, spool=spool), options)

    def test_a_known_trace_is_read_in_si(self, path):
        (trace, *_) = self.read(path).traces
        assert trace.values("conductance") == pytest.approx(CONDUCTANCE_G0, rel=1e-5)

    def test_values_beyond_the_memory_are_the_same(self, path):
        whole = self.read(path).traces[0]
        with Spool(in_memory_bytes=0) as spool:
            stored = self.read(path, spool=spool).traces[0]
            for one, other in zip(whole.quantities, stored.quantities, strict=True):
                assert (one.name, one.unit) == (other.name, other.unit)
                np.testing.assert_array_equal(one.values, other.values)

    def test_parts_of_a_trace_make_the_whole(self, path):
        trace = self.read(path).traces[0]
        parts = [part[0].values for part in trace.blocks(7)]
        np.testing.assert_array_equal(np.concatenate(parts), trace.quantities[0].values)

    def test_the_file_is_closed(self, path):
        self.read(path)
        path.rename(path.with_name("moved"))

    def test_it_opens(self, path):
        assert self.read(path).directions.get("opening", 0) >= 1

    def test_an_unknown_unit_is_asked_for_by_name(self, tmp_path):
        if not self.keeps_units:
            pytest.skip("the format holds no units")
        path = tmp_path / f"odd{self.suffix}"
        self.write(path, current_unit="furl")
        with pytest.raises(ForeignFile, match=r"unit 'furl' of column 'current' is unknown: give its unit"):
            self.read(path)

    def test_a_column_that_is_named_with_its_unit_replaces_that_of_the_file(self, path):
        if not self.keeps_units:
            pytest.skip("the format holds no units")
        stated = ImportOptions(
            self.options.settings,
            units=self.options.units,
            columns={"current": ColumnChoice(self.heading, "pA")},
        )
        assert self.read(path, stated).traces[0].values("conductance") == pytest.approx(
            CONDUCTANCE_G0 / 1000, rel=1e-5
        )

    def test_a_column_that_is_not_there_is_refused_with_those_that_are(self, path):
        stated = ImportOptions(self.options.settings, columns={"current": ColumnChoice("Strom")})
        with pytest.raises(ForeignFile, match=r"there is no column 'Strom'; its columns are 1 "):
            self.read(path, stated)

    def test_an_empty_file_gives_one_line(self, tmp_path):
        path = tmp_path / f"empty{self.suffix}"
        path.write_bytes(b"")
        self.refuses(path)

    def test_another_format_of_the_same_suffix_gives_one_line(self, tmp_path):
        path = tmp_path / f"words{self.suffix}"
        path.write_bytes(b"These are words of a letter,\nand no measurement of anything.\n" * 20)
        self.refuses(path)

    def test_a_file_that_is_cut_short_is_told_or_refused(self, path):
        content = path.read_bytes()
        path.write_bytes(content[: int(0.7 * len(content)) - 3])
        try:
            read = self.read(path)
        except ForeignFile as error:
            assert path.name in str(error) and "\n" not in str(error)
            return
        assert len(read.traces[0]) < len(CURRENT_nA)
        assert not self.tells_the_end or any("cut short" in remark for remark in read.from_file)

    def refuses(self, path):
        with pytest.raises(ForeignFile) as caught:
            self.read(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
