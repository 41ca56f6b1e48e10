"""A file that fails costs itself only, and says why."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from analysis.recording import RecordingError
from app.catalogue.add import add
from app.catalogue.database import Catalogue
from app.cli import main
from app.offline import tasks
from app.offline.analyse import analyse_measurement
from app.offline.many import Reading, analyse_files, files_of
from app.offline.result_cache import ResultCache
from app.offline.tasks import Failure, Task, attempt, identify
from app.offline.workers import ThisProcess
from tests.support.recordings.streams import made_traces

pytestmark = pytest.mark.usefixtures("few_resamples")


def broken_folder(tmp_path, nights):
    """A folder as it is in life: one good recording twice, an empty, a cut, a foreign and an unreadable file."""
    (tmp_path / "a.h5").write_bytes(nights[0].read_bytes())
    (tmp_path / "copy of a.h5").write_bytes(nights[0].read_bytes())
    (tmp_path / "cut.h5").write_bytes(nights[1].read_bytes()[:5000])
    (tmp_path / "empty.h5").write_bytes(b"")
    (tmp_path / "note.hdf5").write_text("gone fishing", encoding="utf-8")
    (tmp_path / "z.h5").write_bytes(nights[1].read_bytes())
    return tmp_path


def test_what_fails_is_listed_and_the_rest_goes_on(tmp_path, nights):
    folder = broken_folder(tmp_path, nights)

    done = CliRunner().invoke(main, ["analyze", str(folder), "nothing.h5", "--json"])

    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert [each["file"] for each in result["recordings"]] == ["z.h5", "a.h5"]
    failed = {each["file"]: each["reason"] for each in result["failed"]}
    assert set(failed) == {"cut.h5", "empty.h5", "note.hdf5", "nothing.h5"}
    assert "there is no such file" in failed["nothing.h5"]
    assert all(reason in result["warnings"] for reason in failed.values())
    assert "copy of a.h5: the same recording as a.h5; it counts once." in result["warnings"]
    assert result["traces"] == analyse_measurement([folder / "z.h5", folder / "a.h5"]).to_json()["traces"]


POSIX = pytest.mark.skipif(os.name == "nt", reason="names of bytes, links and pipes are those of POSIX")


@POSIX
@pytest.mark.parametrize("words", [["analyze"], ["catalogue", "add", "--catalogue", "c.sqlite"], ["report"]])
def test_a_file_in_a_folder_whose_name_is_no_text_is_named(words, tmp_path, nights, monkeypatch):
    folder = Path(os.fsdecode(os.fsencode(tmp_path / "lab") + b"\xff"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes no such names")
    (folder / "a.h5").write_bytes(nights[0].read_bytes())
    monkeypatch.chdir(folder)

    done = CliRunner().invoke(main, [*words, "a.h5"])

    assert done.exit_code and isinstance(done.exception, SystemExit)
    assert "a.h5: the name holds bytes that are no text in UTF-8; rename it" in done.output


@POSIX
def test_a_folder_of_another_lab_with_links_pipes_and_names_that_are_no_text(tmp_path, nights):
    (tmp_path / "a.h5").write_bytes(nights[0].read_bytes())
    (tmp_path / "._a.h5").write_bytes(b"\x00\x05\x16\x07")  # macOS writes one beside each file
    (tmp_path / "gone.h5").symlink_to(tmp_path / "nowhere.h5")
    (tmp_path / "loop.h5").symlink_to("loop.h5")
    os.mkfifo(tmp_path / "pipe.h5")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path / "bad") + b"\xff.h5")).write_bytes(nights[1].read_bytes())
    except OSError:
        pytest.skip("this file system takes no such names")
    expected = {
        "bad": "the name holds bytes that are no text in UTF-8; rename it",
        "gone.h5": "a link that leads to no file",
        "loop.h5": "a link that leads to no file",
        "pipe.h5": "a device or a pipe, not a file",
    }
    reading = Reading(cache=ResultCache(tmp_path / "cache" / "results.sqlite"))

    paths, _ = files_of([tmp_path])
    analysed = analyse_files(paths, reading=reading)
    added = add(Catalogue(tmp_path / "c.sqlite"), [tmp_path], reading)

    assert [part.path.name for part in analysed.parts] == ["a.h5"]
    for failed in (analysed.failed, added.failed):
        assert sorted(each.path.name.split("\udcff")[0] for each in failed) == sorted(expected)
        assert all(expected[each.path.name.split("\udcff")[0]] in each.sentence for each in failed)
    assert added.taken == 1
    assert CliRunner().invoke(main, ["analyze", str(tmp_path)]).exit_code == 1


def test_brackets_in_names_and_titles_are_printed_as_they_are(tmp_path, nights):
    made = made_traces(3, 1)
    made.header = replace(made.header, title="[/bold] of [red]gold")
    made.write(tmp_path / "[bold]x[_].h5")
    (tmp_path / "[dim]copy.h5").write_bytes((tmp_path / "[bold]x[_].h5").read_bytes())

    done = CliRunner().invoke(main, ["analyze", str(tmp_path)])

    assert done.exit_code == 0
    printed = "".join(done.stdout.split())
    assert "[bold]x[_].h5[/bold]of[red]gold" in printed
    assert "[dim]copy.h5:thesamerecordingas[bold]x[_].h5;itcountsonce." in printed


def test_nothing_usable_is_an_error_with_every_reason(tmp_path):
    for name in ("one.h5", "two.h5"):
        (tmp_path / name).write_bytes(b"")

    done = CliRunner().invoke(main, ["analyze", str(tmp_path)])

    assert done.exit_code == 2
    assert "none of the 2 files can be used" in done.stderr
    assert "one.h5" in done.stderr
    assert "two.h5" in done.stderr


def test_where_everything_fails_the_first_reason_is_told(tmp_path):
    (tmp_path / "one.h5").write_bytes(b"")
    with pytest.raises(RecordingError, match="not an HDF5 file"):
        analyse_files([tmp_path / "one.h5"])


@pytest.mark.skipif(
    os.name == "nt" or os.getuid() == 0, reason="permissions bind only ordinary users of POSIX"
)
def test_a_file_without_permission_says_so(tmp_path, nights):
    path = tmp_path / "secret.h5"
    path.write_bytes(nights[0].read_bytes())
    path.chmod(0)

    assert attempt(Task(identify, path)).sentence == f"{path}: can't be read (Permission denied)."


def test_an_error_of_the_system_is_a_sentence(monkeypatch, nights):
    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(tasks, "sha256_of", refused)

    assert attempt(Task(identify, nights[0])).sentence == f"{nights[0]}: can't be read (Permission denied)."


def test_a_mistake_of_ours_costs_one_file(nights):
    found = attempt(Task(lambda path: 1 // 0, nights[0]))

    assert found.sentence.startswith(f"{nights[0]}: internal error of hotjunction (")


def test_a_file_that_fails_late_leaves_the_set(nights, monkeypatch):
    """A recording that disappears after it was counted: the others are analysed as if it had never been there."""
    bad = nights[0]

    class Forgetful(ThisProcess):
        def run(self, tasks, done):
            for index, task in enumerate(tasks):
                late = task.function.__name__ in ("plateaus", "count_again") and task.path == bad
                done(index, Failure(bad, f"{bad}: gone") if late else attempt(task))

    found = analyse_files(nights, reading=Reading(Forgetful()))

    assert [failure.path for failure in found.failed] == [bad]
    expected = analyse_measurement([path for path in nights if path != bad])
    assert found.histogram.analysis.to_json() == expected.histogram.analysis.to_json()
