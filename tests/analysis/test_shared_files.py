import os
import threading
from pathlib import Path

import pytest

from analysis.shared_files import PAUSE_S, TRIES, open_file, read_file, remove_file, replace_file, write_file


class Held:
    """A file that another program lets go after a number of tries, as Windows shows it."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, method: str, tries: int, code: int | None = 32
    ) -> None:
        self.left, self.code, self.pauses = tries, code, []
        done = getattr(Path, method)

        def refuse(path: Path, *values: object, **named: object) -> object:
            self.left -= 1
            if self.left >= 0:
                error = PermissionError(13, "The process cannot access the file")
                error.winerror = self.code  # as on Windows
                raise error
            return done(path, *values, **named)

        monkeypatch.setattr(Path, method, refuse)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    part, path = tmp_path / "part", tmp_path / "whole"
    part.write_text("new")
    path.write_text("old")
    return part, path


@pytest.mark.parametrize("code", [5, 32, 33])
def test_a_file_that_is_open_elsewhere_is_replaced_when_it_is_let_go(
    monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path], code: int
) -> None:
    held = Held(monkeypatch, "replace", 3, code)

    replace_file(*files, held.pause)

    assert files[1].read_text() == "new"
    assert held.pauses == [PAUSE_S] * 3


def test_one_that_stays_open_is_left_as_it_was_with_advice_after_five_seconds(
    monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]
) -> None:
    held = Held(monkeypatch, "replace", TRIES)

    with pytest.raises(PermissionError, match=r"another program has it open.*close it there") as caught:
        replace_file(*files, held.pause)

    assert caught.value.filename == str(files[1])
    assert sum(held.pauses) == pytest.approx(4.5)
    assert files[1].read_text() == "old"


def test_rights_that_are_missing_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]
) -> None:
    for method, use in (("replace", lambda pause: replace_file(*files, pause)), ("unlink", None)):
        held = Held(monkeypatch, method, TRIES, code=0)
        with pytest.raises(PermissionError, match="cannot access"):
            (use or (lambda pause: remove_file(files[0], pause)))(held.pause)
        assert held.pauses == []


def test_a_file_that_stays_open_is_not_deleted_and_no_error(
    monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]
) -> None:
    held = Held(monkeypatch, "unlink", TRIES)
    remove_file(files[0], held.pause)
    assert files[0].exists()

    held.left = 2
    remove_file(files[0], held.pause)
    assert not files[0].exists()
    remove_file(files[0], held.pause)


def test_a_file_that_is_open_elsewhere_is_read_when_it_is_let_go(
    monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]
) -> None:
    monkeypatch.setattr("analysis.shared_files.WINDOWS", True)
    held = Held(monkeypatch, "open", 4, code=None)

    assert read_file(files[1], pause=held.pause) == b"old"
    assert sum(held.pauses) == pytest.approx(0.2)


def test_one_that_was_just_written_is_opened_again_when_a_scanner_lets_it_go(
    monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]
) -> None:
    monkeypatch.setattr("analysis.shared_files.WINDOWS", True)
    pauses: list[float] = []
    opened = os.open

    def refuse(path: Path, flags: int) -> int:
        if len(pauses) < 3:
            raise PermissionError(13, "Permission denied")
        return opened(path, flags)

    monkeypatch.setattr("analysis.shared_files.os.open", refuse)
    os.close(open_file(files[1], os.O_RDONLY, pauses.append))

    assert pauses == [PAUSE_S / TRIES] * 3


def test_one_that_stays_open_or_may_not_be_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]
) -> None:
    held = Held(monkeypatch, "open", TRIES, code=32)
    with pytest.raises(PermissionError):
        read_file(files[1], pause=held.pause)
    forbidden = Held(monkeypatch, "open", 1, code=1314)
    with pytest.raises(PermissionError):
        read_file(files[1], pause=forbidden.pause)
    assert forbidden.pauses == []


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "results.csv"
    write_file(path, "before")
    written = Path.write_bytes

    def half(self: Path, content: bytes) -> None:
        written(self, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        write_file(path, b"afterwards")

    assert path.read_text("utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for a right to make links")
def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    link = tmp_path / "rig.toml"
    link.symlink_to(tmp_path / "disk" / "own.toml")

    for text in ("one", "two"):
        write_file(link, text)

    assert link.is_symlink()
    assert (tmp_path / "disk" / "own.toml").read_text("utf-8") == "two"


@pytest.mark.skipif(os.name == "nt", reason="pipes in folders are those of POSIX")
def test_a_pipe_takes_what_it_gets_and_stays(tmp_path: Path) -> None:
    """A report to /dev/stdout, written by root, would else have replaced it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()

    write_file(pipe, "a report")
    reader.join(30)

    assert got == [b"a report"]
    assert pipe.is_fifo()
