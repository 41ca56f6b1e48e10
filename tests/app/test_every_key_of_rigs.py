"""Every key of a rig file, and of what a simulated rig is told, is read by what runs on the rig."""

from contextlib import ExitStack

import pytest
from click.testing import CliRunner

from app import rig as rig_file
from app.commands.check import command as check
from app.toml_file import Section
from simulators.parameters import Section as Told
from tests.app.keys import fields, reads, sections, subclasses
from tests.rigs import quick, served_rig


@pytest.mark.timeout(120)
def test_every_key_of_a_rig_file_is_read(tmp_path):
    ours = fields(x for x in sections() if x.__module__ == rig_file.__name__)
    with ExitStack() as stack:
        told = stack.enter_context(reads(Told))
        served = stack.enter_context(served_rig(tmp_path, overrides={"sample.species": "BDNC"}))
        seen = stack.enter_context(reads(Section))
        served.bench().run(quick(1), tmp_path / "run.h5")
        found = CliRunner().invoke(check, [str(served.file), "--json"])
        assert found.exit_code == 0, found.output
    print(sorted(f"{k.__name__}.{n}" for k, n in fields(subclasses(Told)) - told))
    assert ours <= seen
