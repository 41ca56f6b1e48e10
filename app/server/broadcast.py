"""Publication of runs to clients: live messages, and a backlog for clients that connect later."""

import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import ParamSpec

from analysis.recording import RunHeader
from analysis.records import Block, Event, EventKind, Trace
from app.acquisition.bench import Observer
from app.config.amplifiers import CURRENT_AMPLIFIER
from app.server.backlog import Feed
from app.server.instrument_status import InstrumentRows
from app.server.job import Job, Status
from app.server.messages import RunState, record_message
from app.server.protocol import Message
from app.server.publisher import Publisher
from app.server.queue import JobQueue
from drivers.errors import NotNow
from procedures.procedure import RigProcedure

log = logging.getLogger(__name__)

P = ParamSpec("P")

FEEDS_KEPT = 4
"""Number of latest runs that clients can still fetch."""


class Broadcast:
    """Publish one run after another, and keep each job's counts up to date.

    Parameters
    ----------
    publisher : Publisher
    queue : JobQueue
        Queue of the jobs.
    rows : InstrumentRows
        Receives the state of the instruments as the run reads it.
    """

    def __init__(self, publisher: Publisher, queue: JobQueue, rows: InstrumentRows) -> None:
        self._publisher = publisher
        self._queue = queue
        self._rows = rows
        self._feeds: deque[Feed] = deque()

    def observer(self, job: Job, procedure: RigProcedure) -> Observer:
        """Return the callbacks that publish the run of a job."""
        return Observer(
            on_event=_quiet(lambda event: self._on_event(job, event, counts=procedure.counts(event))),
            on_trace=_quiet(lambda trace: self._on_trace(job, trace)),
            on_block=_quiet(lambda block: self._on_block(job, block)),
            on_start=_quiet(lambda header: self._on_start(job, header)),
            on_finishing=_quiet(lambda: self._on_finishing(job)),
            on_amplifier=_quiet(partial(self._rows.on_amplifier, CURRENT_AMPLIFIER)),
        )

    def _on_start(self, job: Job, header: RunHeader) -> None:
        self._feeds.append(Feed(job.id, header, job.out))
        if len(self._feeds) > FEEDS_KEPT:
            self._feeds.popleft().close()
        self._rows.on_start(header)
        self._publisher.publish(Message("run", _shown(self._feeds[-1])))
        log.info("%s, records to %s", job.words, job.out)

    def _on_block(self, job: Job, block: Block) -> None:
        events = 0
        if self._feeds:
            self._feeds[-1].feed(block)
            events = self._feeds[-1].events
        job.samples = block.stop
        self._rows.feed(block)
        self._publisher.publish(record_message("block", block, job=job.id, events=events))

    def _on_event(self, job: Job, event: Event, *, counts: bool) -> None:
        if self._feeds:
            self._publisher.publish(
                record_message("event", event, job=job.id, number=self._feeds[-1].on_event(event))
            )
        if event.kind is EventKind.STEP:
            self._queue.moves(job)
        if counts:
            self._queue.counts(job)
            self.publish_job(job)
        elif event.name in ("paused", "resumed"):
            self.publish_job(job)

    def _on_trace(self, job: Job, trace: Trace) -> None:
        job.traces += 1
        self._publisher.publish(record_message("trace", trace, job=job.id))

    def _on_finishing(self, job: Job) -> None:
        self._queue.change(job, status=Status.SAVING)
        self.publish_job(job)
        self.finishing()

    def publish_job(self, job: Job) -> None:
        """Publish the state of a job."""
        self._publisher.publish_snapshot("job", lambda: self._queue.json_of(job))

    def finishing(self) -> None:
        """Close the file of the present run, if it has one."""
        if self._feeds:
            self._feeds[-1].finishing()

    def run(self) -> RunState | None:
        """Return the present run, else the last; None before the first."""
        return _shown(self._feeds[-1]) if self._feeds else None

    def feed_of(self, job: int) -> Feed:
        """Return the backlog of one of the latest runs. Raises ``NotNow``."""
        for feed in tuple(self._feeds):
            if feed.job == job:
                return feed
        raise NotNow(f"Job {job} is no longer in memory; open its recording instead")

    def close(self) -> None:
        """Close all backlogs."""
        for feed in self._feeds:
            feed.close()


def _shown(feed: Feed) -> RunState:
    return {
        "job": feed.job,
        "recording": str(feed.path),
        "header": feed.header.to_json(),
        "stop": feed.stop,
        "events": feed.events,
    }


def _quiet(tell: Callable[P, None]) -> Callable[P, None]:
    """Wrap a callback so that its errors are logged and never end the run."""

    def quietly(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            tell(*args, **kwargs)
        except Exception:
            log.exception("Could not publish the run to clients; the run continues")

    return quietly
