"""No module calls what only Unix has, except where it has made sure of it: most rigs run Windows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = "hotjunction", "app", "drivers", "procedures", "analysis", "simulators"
ROOT = Path(__file__).parents[1]
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
UNIX_MODULES = {"fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "posix", "syslog", "crypt", "nis"}
UNIX_CALLS = {
    "os": {
        "fork", "forkpty", "openpty", "kill", "killpg", "getpgid", "setsid", "setpgid", "getuid", "geteuid", "getgid",
        "uname", "mkfifo", "mknod", "chown", "fchmod", "nice", "getloadavg", "sysconf", "statvfs", "wait",
        "sched_setaffinity",
        "rename",  # fails on Windows where the target exists
    },
    "signal": {"alarm", "setitimer", "pause", "pthread_kill", "sigwait", "set_wakeup_fd"},
    "socket": {"AF_UNIX"},
    "asyncio": {"create_unix_server", "open_unix_connection"},
}  # fmt: skip
PORTABLE_SIGNALS = {"SIGINT", "SIGTERM", "SIGABRT", "SIGFPE", "SIGILL", "SIGSEGV", "SIG_IGN", "SIG_DFL"}
DELETES = "unlink", "rename", "remove"
"""Methods that Windows refuses for a moment if a virus scanner or a cloud folder has the file open."""

MAY_DELETE = {"analysis/shared_files.py", "app/config/own_presets.py", "app/offline/result_cache.py"}
"""Modules that try again themselves, or say in a sentence that they were refused."""

UNIX_PATHS = "/proc", "/sys/", "/dev/", "/tmp", "/var/"


WORDS = (
    *(f"{before} {name}" for name in UNIX_MODULES for before in ("import", "from")),
    *(f"{owner}.{name}" for owner, names in UNIX_CALLS.items() for name in names),
    *("signal.SIG", "preexec_fn", "start_new_session", *UNIX_PATHS),
)
"""One of these is in the text of each module in which something is found: others need not be parsed."""


def unix_only_in(text: str) -> list[str]:
    return list(unix_only(ast.parse(text))) if any(word in text for word in WORDS) else []


def unix_only(tree: ast.AST) -> Iterator[str]:
    """Say what of a module only Unix has, outside a guard."""
    for node in _unguarded(tree):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names if one.name.partition(".")[0] in UNIX_MODULES)
            case ast.ImportFrom(module=str(module)) if module in UNIX_MODULES:
                yield module
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                signals = owner == "signal" and name.startswith("SIG") and name not in PORTABLE_SIGNALS
                if name in UNIX_CALLS.get(owner, ()) or signals:
                    yield f"{owner}.{name}"
            case ast.Constant(value=str(text)) if text.startswith(UNIX_PATHS):
                yield text
            case ast.keyword(arg="preexec_fn" | "start_new_session" as name):
                yield name


def _unguarded(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk through a module, but not into what runs only where it can."""
    ahead = [tree]
    while ahead:
        node = ahead.pop()
        yield node
        ahead += [child for child in ast.iter_child_nodes(node) if not _guarded(child)]


def _guarded(node: ast.AST) -> bool:
    match node:
        case ast.Try():
            return any(_of_import(handler) for handler in node.handlers)
        case ast.If():
            return _asks_for_the_system(node.test)
        case ast.ClassDef():
            return node.name in GUARDED_CLASSES
    return False


GUARDED_CLASSES = {"TerminalLine"}
"""Classes that are used only where HAS_TERMINALS says so (simulators/wire/serial_line.py)."""


def _of_import(handler: ast.ExceptHandler) -> bool:
    return "ImportError" in ast.dump(handler.type) if handler.type else False


def _asks_for_the_system(test: ast.expr) -> bool:
    words = ast.unparse(test)
    return any(word in words for word in ("sys.platform", "os.name", "hasattr("))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import os\nos.fork()", ["os.fork"]),
        ("import fcntl", ["fcntl"]),
        ("from termios import tcgetattr", ["termios"]),
        ("signal.signal(signal.SIGHUP, f)", ["signal.SIGHUP"]),
        ("open('/proc/self/stat')", ["/proc/self/stat"]),
        ("Popen(x, start_new_session=True)", ["start_new_session"]),
        ("if sys.platform != 'win32':\n    os.fork()", []),
        ("try:\n    import fcntl\nexcept ImportError:\n    fcntl = None", []),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", []),
    ],
)
def test_the_search_finds_what_it_is_to_find(code: str, found: list[str]) -> None:
    assert unix_only_in(code) == found


def test_no_module_needs_unix() -> None:
    needs = {str(path): names for path in FILES if (names := unix_only_in(path.read_text(encoding="utf-8")))}

    assert len(FILES) > 400
    assert needs == {}


def test_files_are_deleted_and_renamed_with_patience() -> None:
    impatient = [
        f"{name}:{node.lineno}"
        for path in FILES
        if (name := path.relative_to(ROOT).as_posix()) not in MAY_DELETE
        and any(f".{word}(" in (text := path.read_text(encoding="utf-8")) for word in DELETES)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and _deletes(node)
    ]

    assert impatient == []


def _deletes(method: ast.Attribute) -> bool:
    """Tell whether a method is one of a path or of os; lists have a remove of their own."""
    of_os = isinstance(method.value, ast.Name) and method.value.id == "os"
    return method.attr in DELETES[:2] or (of_os and method.attr == "remove")


TEXT = re.compile(
    r"\.(?:read_text|write_text)\((?:[^()]|\([^()]*\))*\)|\b(?:Popen|run)\((?:[^()]|\([^()]*\))*text=True[^()]*\)"
)
ENCODED = re.compile(r"utf-8|ascii|latin-1|encoding")


def without_encoding(text: str) -> list[str]:
    return [call for call in TEXT.findall(text) if not ENCODED.search(call)]


def test_no_text_is_read_in_the_letters_of_this_computer() -> None:
    """Windows takes its own code page unless told otherwise; a name with an umlaut is then another one."""
    assert without_encoding("path.read_text()") and without_encoding("path.write_text(words('a'))")
    assert without_encoding("subprocess.run([x], text=True)")
    assert not without_encoding("path.read_text('utf-8') + path.write_text(words('a'), encoding=code)")

    found = {
        str(path): calls for path in FILES if (calls := without_encoding(path.read_text(encoding="utf-8")))
    }

    assert found == {}
