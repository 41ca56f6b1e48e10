"""The guide's importer, in a folder of its own, reads files from the command line."""

import json

import pytest
from click.testing import CliRunner

from analysis.importers.registry import IMPORTERS, Importer, register
from analysis.recording import Recording
from analysis.registry import NameTaken
from app.cli import main
from tests.docs.pages import blocks
from tests.support.plugins import plugins


@pytest.fixture
def folder(tmp_path):
    """Folder with a file of the format; the importer is a plug-in."""
    text = next(text for _, text in blocks("how-to/add-an-importer.md", "python") if "register(" in text)
    traces = [{"distance_nm": [0.0, 0.1, 0.2], "current_nA": [900.0, 500.0, 1.0], "bias_V": 0.1}] * 2
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.jsonl").write_text("\n".join(map(json.dumps, traces)), encoding="utf-8")
    with plugins(tmp_path / "mine", {"json_lines_plug.py": text}, IMPORTERS):
        yield data


@pytest.mark.parametrize("words", [["a.jsonl"], ["."], ["a.jsonl", "--kind", "json-lines"]])
def test_a_file_and_a_folder_of_the_new_format_become_a_recording(folder, words):
    out = folder.parent / "out.h5"
    done = CliRunner().invoke(
        main, ["import", str(folder / words[0]), *words[1:], "--out", str(out), "--rate-Hz", "1000"]
    )
    assert done.exit_code == 0, done.output
    assert "2 traces" in done.output
    with Recording(out) as recording:
        assert recording.header.provenance != "rig"


def test_help_lists_the_new_format_with_the_others(folder):
    done = CliRunner().invoke(main, ["import", "--help"], terminal_width=200)
    assert "igor-text|oscilloscope|csv|tdms|lvm|matlab|nanonis|text|json-lines]" in done.output


def test_an_unknown_format_is_refused_with_the_known_ones(folder):
    done = CliRunner().invoke(main, ["import", str(folder), "--kind", "jpeg", "--out", "x.h5"])
    assert done.exit_code == 2
    assert "'jpeg' is not one of 'auto', 'igor'" in done.output


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(NameTaken, match="'igor' is built in"):
        register(Importer("igor", lambda path, layout: [], (".ibw",)))
