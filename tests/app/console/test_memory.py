"""Memory of a long-lived process: few pools, and modules that no collection of garbage searches."""

import gc
import subprocess
import sys

import pytest

from app.console.memory import POOLS, leave_modules_alone

THREADS = """
import ctypes, os, re, sys, tempfile, threading
from app.console.memory import share_pools
if sys.argv[1] == "shared":
    share_pools()
met = threading.Barrier(7)
def work():
    kept = [bytes(2000) for _ in range(200)]
    met.wait()
threads = [threading.Thread(target=work) for _ in range(6)]
for one in threads: one.start()
met.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(len(re.findall(b"<heap nr", file.read())))
"""


def pools(how):
    words = [sys.executable, "-c", THREADS, how]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is that of Linux")
def test_threads_share_few_pools():
    assert pools("shared") <= POOLS < pools("as usual")


def test_what_is_loaded_is_no_longer_searched_and_what_comes_later_is():
    before = [[]]
    leave_modules_alone()
    later = [[]]

    searched = {id(thing) for thing in gc.get_objects()}
    assert id(before) not in searched
    assert id(later) in searched
