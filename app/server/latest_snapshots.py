"""Newest snapshots of a bench for a client, independent of the order in which they arrive."""

from collections.abc import Hashable, Mapping
from typing import Any

from app.server.messages import BenchState, JobState


class Newest:
    """Filter that rejects snapshots older than one already seen. Content without a version always passes."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, int] = {}

    def accepts(self, topic: str, content: Mapping[str, Any]) -> bool:
        """Return True, and remember the snapshot, unless a newer one of the same thing has been seen."""
        version = content.get("version")
        if version is None:
            return True
        subject = (topic, content["id"]) if topic == "job" else topic
        if version < self._seen.get(subject, version):
            return False
        self._seen[subject] = version
        return True


class KnownState:
    """State of a bench and its jobs, each from its newest snapshot.

    A job arrives alone and as part of the whole state; both count versions together.
    """

    def __init__(self) -> None:
        self.state: BenchState | None = None
        self.jobs: dict[int, JobState] = {}
        """Jobs by number, in the order of the queue."""

    def update_state(self, state: BenchState) -> bool:
        """Replace the state but keep newer jobs. Return False for an outdated state."""
        version = _version(state)
        if version < _version(self.state):
            return False
        newer = {number: job for number, job in self.jobs.items() if _version(job) > version}
        jobs = {job["id"]: newer.pop(job["id"], job) for job in state["queue"]}
        self.state, self.jobs = state, jobs | newer
        return True

    def update_job(self, job: JobState) -> bool:
        """Replace one job. Return False for an outdated job, or one that has left the queue."""
        if _version(job) < _version(self.jobs.get(job["id"], self.state)):
            return False
        self.jobs[job["id"]] = job
        return True


def _version(content: BenchState | JobState | None) -> int:
    return content.get("version", 0) if content is not None else 0
