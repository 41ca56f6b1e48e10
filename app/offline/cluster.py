"""Work on many files on a Dask cluster, by the address of its scheduler (optional extra ``cluster``).

The workers must see the files under the same paths and run the same version. The scheduler gives the file of a worker
that dies to another one.
"""

from collections.abc import Sequence
from typing import Any

from app.offline.code_version import code_version
from app.offline.tasks import Failure, Task, attempt
from app.offline.workers import Done

CONNECT_S = 20.0
_RETRIES = 3


class ClusterError(Exception):
    """A cluster that can't be used. The message is one sentence with the remedy."""


def attempt_as(version: str, task: Task[Any]) -> Any:
    """Run a task if this worker has the same version as the program that asks."""
    if code_version() != version:
        return Failure(task.path, f"{task.path}: given to a worker of another version ({code_version()}).")
    return attempt(task)


class Cluster:
    """Works on files on the workers of a Dask scheduler.

    Parameters
    ----------
    address : str
        Address of the scheduler ("tcp://host:8786").

    Raises
    ------
    ClusterError
        If dask.distributed is not installed, the scheduler does not answer or has no workers, or a worker lacks
        hotjunction or has another version of it.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise ClusterError(
                '--scheduler needs dask.distributed: python -m pip install "hotjunction[cluster]"'
            ) from None
        try:
            self._client = Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(f"--scheduler {address}: no Dask scheduler answers there ({error}).") from None
        try:
            self._demand_same_version(address)
        except BaseException:
            self._client.close()
            raise

    def _demand_same_version(self, address: str) -> None:
        try:
            versions = self._client.run(code_version)
        except Exception as error:
            raise ClusterError(
                f"--scheduler {address}: a worker can't import hotjunction ({error}). Install it there."
            ) from None
        if not versions:
            raise ClusterError(f"--scheduler {address}: has no worker. Start some: dask worker {address}")
        other = {name: version for name, version in versions.items() if version != code_version()}
        if other:
            name, version = next(iter(other.items()))
            raise ClusterError(
                f"--scheduler {address}: worker {name} has {version}, and this program {code_version()}. Results would "
                "differ; install the same version there."
            )

    def run(self, tasks: Sequence[Task[Any]], done: Done) -> None:
        """Run all tasks; call ``done`` for each as it ends."""
        from distributed import as_completed

        futures = {
            self._client.submit(attempt_as, code_version(), task, pure=False, retries=_RETRIES): index
            for index, task in enumerate(tasks)
        }
        try:
            with self._client.as_current():
                for future in as_completed(list(futures)):
                    index = futures.pop(future)
                    done(index, _result(future, tasks[index]))
        except BaseException:
            self._client.cancel(list(futures))
            raise

    def close(self) -> None:
        """Leave the cluster, which goes on."""
        self._client.close()


def _result(future: Any, task: Task[Any]) -> Any:
    try:
        return future.result()
    except Exception as error:
        return Failure(
            task.path, f"{task.path}: every worker that read it ended ({type(error).__name__}: {error})."
        )
