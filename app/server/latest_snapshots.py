"""Newest snapshots of a bench for a client, in whatever order and by whatever way they came."""

from collections.abc import Hashable, Mapping
from typing import Any


class Newest:
    """Tells snapshots from those that are older than one that was seen. Content without a version is never old."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, int] = {}

    def accepts(self, topic: str, content: Mapping[str, Any]) -> bool:
        """Return whether no newer snapshot of the same thing has been seen; remember this one."""
        version = content.get("version")
        if version is None:
            return True
        subject = (topic, content["id"]) if topic == "job" else topic
        if version < self._seen.get(subject, version):
            return False
        self._seen[subject] = version
        return True


class KnownState:
    """State of a bench and its jobs, each as the newest snapshot has it.

    A job is told of by itself and as part of the whole state; each has a version of the same count.
    """

    def __init__(self) -> None:
        self.state: Mapping[str, Any] = {}
        self.jobs: dict[int, dict[str, Any]] = {}
        """Jobs by number, in the order of the queue."""

    def update_state(self, state: Mapping[str, Any]) -> bool:
        """Take the whole state; jobs that are known newer stay. Return False where it is an old one."""
        version = _version(state)
        if version < _version(self.state):
            return False
        newer = {number: job for number, job in self.jobs.items() if _version(job) > version}
        jobs = {job["id"]: newer.pop(job["id"], dict(job)) for job in state["queue"]}
        self.state, self.jobs = state, jobs | newer
        return True

    def update_job(self, job: Mapping[str, Any]) -> bool:
        """Take one job. Return False where it is an old one, or one that has left the queue since."""
        if _version(job) < _version(self.jobs.get(job["id"], self.state)):
            return False
        self.jobs[job["id"]] = dict(job)
        return True


def _version(content: Mapping[str, Any]) -> int:
    return int(content.get("version", 0))
