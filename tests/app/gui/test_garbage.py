"""Garbage of a window's process: collected in the thread of its windows, whichever thread has made it."""

import gc
import threading
import weakref

from app.gui.main import Program


class Cycle:
    """An object that only a collection of garbage deletes."""

    def __init__(self) -> None:
        self.itself = self


def test_what_other_threads_leave_is_deleted_in_the_thread_of_the_windows(qapp, settings, qtbot):
    program = Program(qapp, settings)
    program.collect_garbage()
    deleted, objects = [], 2 * gc.get_threshold()[0]  # more than Python makes between two collections

    def work() -> None:
        for _ in range(objects):
            weakref.finalize(Cycle(), lambda: deleted.append(threading.current_thread()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(deleted) == objects)
    assert set(deleted) == {threading.main_thread()}
    program.close()


def test_freed_memory_is_given_back_from_time_to_time_by_another_thread(qapp, settings, qtbot, monkeypatch):
    threads = []
    monkeypatch.setattr("app.gui.main.give_back", lambda: threads.append(threading.current_thread()))
    monkeypatch.setattr("app.gui.main.TRIM_MS", 1)
    program = Program(qapp, settings)
    program.collect_garbage()
    qtbot.waitUntil(lambda: len(threads) > 1)
    program.close()
    assert threading.main_thread() not in threads
