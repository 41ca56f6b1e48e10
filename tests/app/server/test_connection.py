"""Connection files: for this user alone, and stale ones are known as such."""

import os
import re
import socket
import stat
import sys
from dataclasses import replace

import pytest

from app.config.toml import FileError
from app.console.windows import only_for_its_owner
from app.server.admission import ClientKeys
from app.server.connection import Connection, bench_of, connections_folder, running_benches


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def connection(port, rig_file="/rigs/rig.toml"):
    endpoint = f"tcp://127.0.0.1:{port}"
    return Connection(endpoint, endpoint, endpoint, "secret", 1, rig_file, "rig")


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_connection_comes_back_from_its_file(tmp_path):
    written = connection(1)

    written.write(tmp_path / "new" / "bench-1.json")

    assert Connection.read(tmp_path / "new" / "bench-1.json") == written


@pytest.mark.skipif(sys.platform == "win32", reason="files have other rights there")
def test_nobody_else_reads_the_token(tmp_path):
    before = os.umask(0)
    try:
        connection(1).write(tmp_path / "new" / "bench-1.json")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "new" / "bench-1.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform == "win32", reason="files have other rights there")
@pytest.mark.parametrize("rights", [0o750, 0o705, 0o770, 0o777])
def test_a_folder_that_others_can_look_into_is_refused_with_what_to_do(tmp_path, rights):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(rights)

    with pytest.raises(FileError, match=rf"open to other users.* chmod 700 {re.escape(str(folder))}"):
        connection(1).write(folder / "bench-1.json")
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="files have other owners there")
def test_a_file_of_another_user_is_no_bench_of_mine(tmp_path, monkeypatch):
    connection(1).write(tmp_path / "bench-1.json")
    monkeypatch.setattr("app.server.connection.os.getuid", lambda: 4321)

    with pytest.raises(FileError, match="belongs to another user"):
        Connection.read(tmp_path / "bench-1.json")


def test_on_windows_a_file_is_closed_to_all_but_its_owner_before_anything_is_in_it(tmp_path):
    asked = []
    only_for_its_owner(tmp_path / "a.json", "win32", lambda command, **_: asked.append(command))

    assert asked == [["icacls", str(tmp_path / "a.json"), "/inheritance:r", "/grant:r", "*S-1-3-4:F"]]


def test_keys_that_are_none_are_refused(tmp_path):
    path = tmp_path / "bench-1.json"
    replace(connection(1), keys=ClientKeys("a" * 40, "b" * 40, "c" * 40)).write(path)
    path.write_text(path.read_text("utf-8").replace("b" * 40, "b" * 39), "utf-8")

    with pytest.raises(FileError, match="not a connection file"):
        Connection.read(path)


@pytest.mark.parametrize("text", ["", "[]", '{"token": 1}', "\x00"])
def test_another_file_is_said_to_be_none(tmp_path, text):
    (tmp_path / "bench-1.json").write_text(text)

    with pytest.raises(FileError, match="not a connection file"):
        Connection.read(tmp_path / "bench-1.json")
    assert running_benches(tmp_path) == {}


def test_benches_that_listen_are_found_and_files_of_dead_ones_deleted(tmp_path, listening):
    connection(listening).write(tmp_path / "bench-1.json")
    connection(unused_port()).write(tmp_path / "bench-2.json")

    found = running_benches(tmp_path)

    assert list(found) == [tmp_path / "bench-1.json"]
    assert not (tmp_path / "bench-2.json").exists()


def test_a_rig_has_the_bench_that_was_started_for_it(tmp_path, listening):
    rig_file = tmp_path / "rig.toml"
    connection(listening, str(rig_file)).write(tmp_path / "bench-1.json")

    assert bench_of(rig_file, tmp_path) == connection(listening, str(rig_file))
    assert bench_of(tmp_path / "other.toml", tmp_path) is None


def test_no_folder_is_no_bench(tmp_path):
    assert running_benches(tmp_path / "none") == {}


def test_the_folder_of_benches_is_the_same_before_and_after_the_first(tmp_path, monkeypatch):
    """A missing XDG_RUNTIME_DIR was made open to others with the first bench, refused then, and the bench not found."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    before = connections_folder()
    before.mkdir(parents=True, exist_ok=True, mode=0o700)
    assert connections_folder() == before
