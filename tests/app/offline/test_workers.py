"""Processes and clusters: the same numbers, and an end without remains."""

import json
import os
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace

import pytest

import hotjunction as hj
from app.offline import many
from app.offline.cluster import Cluster, ClusterError
from app.offline.tasks import Failure, Task
from app.offline.workers import Processes
from tests.app.offline.comparing import text_of
from tests.app.offline.dying import name_of


def test_a_worker_that_dies_costs_its_own_file_only():
    paths = [Path("0.h5"), Path("1.h5")]
    found = {}
    with Processes(1) as workers:
        workers.run([Task(name_of, path, ("0.h5",)) for path in paths], found.__setitem__)

    assert found[1] == "1.h5"
    assert isinstance(found[0], Failure)
    assert found[0].sentence.startswith("0.h5: the process that read it ended without an answer")


class DeadPool:
    """Pool whose process dies of everything."""

    def submit(self, *given):
        raise BrokenProcessPool

    def shutdown(self, **options):
        pass


def test_where_no_process_starts_the_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(Processes, "_started", lambda self: DeadPool())
    paths = [Path(f"{i}.h5") for i in range(9)]
    found = {}
    with Processes(1) as workers, pytest.raises(RuntimeError, match="--workers 1"):
        workers.run([Task(name_of, path) for path in paths], found.__setitem__)


def test_an_interruption_leaves_no_process(monkeypatch):
    workers = Processes(1)

    def interrupted(index, result):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workers.run([Task(name_of, Path("1.h5")), Task(name_of, Path("2.h5"))], interrupted)
    assert workers._pool is None
    assert not workers._mine


def test_processes_give_the_same_to_the_last_bit_beside_files_of_our_names(tmp_path, nights):
    """Worker processes run our own code, also where the user has files called analysis.py and app.py."""
    for name in ("analysis.py", "app.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong file')", encoding="utf-8")
    script = (
        "import json, sys\n"
        "import hotjunction as hj\n"
        "if __name__ == '__main__':\n"
        "    print(json.dumps(hj.analyze(sys.argv[1:], workers=2).to_json()))\n"
    )
    (tmp_path / "script.py").write_text(script, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "script.py", *map(str, nights[:2])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(Path(many.__file__).parents[2]), "PYTHONIOENCODING": "utf-8"},
    )

    assert done.stdout, done.stderr
    assert json.loads(done.stdout) == json.loads(text_of(hj.analyze(nights[:2])))


def test_a_cluster_refuses_another_version(monkeypatch):
    distributed = pytest.importorskip("distributed")
    client = SimpleNamespace(run=lambda function: {"tcp://b:1": "hotjunction 0.1"}, close=lambda: None)
    monkeypatch.setattr(distributed, "Client", lambda *given, **options: client)
    with pytest.raises(ClusterError, match=r"worker tcp://b:1 has hotjunction 0\.1"):
        Cluster("tcp://a:1")
    client.run = lambda function: {}
    with pytest.raises(ClusterError, match="has no worker"):
        Cluster("tcp://a:1")


def test_a_cluster_gives_every_result():
    distributed = pytest.importorskip("distributed")
    found = {}
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp"
    ) as local:
        cluster = Cluster(local.scheduler_address)
        cluster.run([Task(name_of, Path(f"{i}.h5")) for i in range(3)], found.__setitem__)
        cluster.close()

    assert found == {0: "0.h5", 1: "1.h5", 2: "2.h5"}
