"""What a command says if the system refuses a file: one sentence, no traceback."""

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, main
from app.console.errors import Command, of_the_system


def every_command():
    """Yield each command of the command line, those of groups too."""
    waiting = [(name, main.get_command(None, name)) for name in COMMANDS]
    while waiting:
        name, command = waiting.pop()
        if hasattr(command, "list_commands"):
            waiting += [
                (f"{name} {part}", command.get_command(None, part)) for part in command.list_commands(None)
            ]
        else:
            yield name, command


def test_every_command_says_what_the_system_says():
    commands = dict(every_command())

    assert len(commands) > 60
    assert [name for name, command in commands.items() if not isinstance(command, Command)] == []


@pytest.mark.parametrize("words", ["demo --out {}/demo", "probes --figures {}/figures"])
def test_a_folder_that_can_not_be_made_is_named(words, tmp_path):
    (tmp_path / "taken").write_text("a file where the folder should be")

    done = CliRunner().invoke(main, words.format((tmp_path / "taken").as_posix()).split())

    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit)
    assert "taken" in done.output.split("Error: ")[1]
    assert "\n" not in done.output.split("Error: ")[1].strip()


def test_a_folder_in_which_the_user_may_not_write(tmp_path, monkeypatch):
    """As in C:\\Windows\\System32, where a console of Windows begins; the tests may run as root, whom nothing stops."""

    def refused(self, *args, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "mkdir", refused)

    done = CliRunner().invoke(main, ["demo"])

    assert done.exit_code == 2
    assert done.output == (
        f"Error: demo: {os.strerror(errno.EACCES)}; use a folder in which you may write, and close other programs that "
        "hold the file.\n"
    )


def test_a_full_disk_says_so_without_a_name():
    assert of_the_system(OSError(errno.ENOSPC, "No space left on device")) == (
        "No space left on device; free some space, or use another disk."
    )


def test_the_sentence_of_hdf5_is_that_of_the_system():
    error = PermissionError(
        errno.EACCES,
        "Unable to synchronously create file (unable to open file: name = 'a.h5', errno = 13, error message = "
        "'Permission denied', flags = 13, o_flags = 242)",
    )

    assert of_the_system(error).startswith("a.h5: Permission denied; use a folder")
