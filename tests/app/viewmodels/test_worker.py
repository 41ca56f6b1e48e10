import threading

from app.viewmodels.worker import AtOnce, Background


def test_a_job_that_waits_is_done_once():
    worker, gate, done = Background(), threading.Event(), []

    def count():
        done.append(1)

    worker.ask(gate.wait)
    for _ in range(10):
        worker.ask(count)
    gate.set()
    worker.settle()
    assert len(done) == 1
    worker.ask(count)
    worker.settle()
    assert len(done) == 2
    worker.close()
    worker.settle()


def test_a_job_that_fails_costs_nothing_else(caplog):
    worker, done = Background(), []

    def fails():
        raise RuntimeError("no")

    worker.ask(fails)
    worker.ask(lambda: done.append(1))
    worker.settle()
    worker.close()
    assert done == [1]
    assert "Cannot update a view" in caplog.text


def test_at_once_is_at_once():
    done = []
    worker = AtOnce()
    worker.ask(lambda: done.append(1))
    worker.settle()
    worker.close()
    assert done == [1]
