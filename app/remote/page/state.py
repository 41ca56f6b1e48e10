"""State of a bench in the words of the page: what its script puts on the screen."""

import time
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from math import isfinite, nan
from typing import Any

from app.console.durations import roughly
from app.remote.bench_watch import BenchWatch
from app.remote.results import run_results
from app.server.job_text import reason_of, title_of, waits_of
from app.server.messages import JobState
from app.viewmodels.junction_state import ShownState
from app.viewmodels.status_view import StatusSnapshot
from app.viewmodels.status_words import (
    UNKNOWN,
    conductance_words,
    cycles_word,
    duration,
    progress_text,
    remark,
    signed,
)
from app.viewmodels.wording import with_units

STALE_S = 3.0
"""Time without data during a run after which its numbers are called the last known ones."""

LOG_SHOWN = 60
UNDER_WAY = ("running", "paused", "saving")


@dataclass(frozen=True)
class Number:
    """One number of the status: label, value with its unit, and a remark below it."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    alarm: bool = False


@dataclass(frozen=True)
class Row:
    """A run of the queue."""

    title: str
    status: str
    progress: str
    left: str
    note: str
    share: float


@dataclass(frozen=True)
class Line:
    """A line of the log."""

    time: str
    level: str
    text: str


@dataclass(frozen=True)
class PageState:
    """Everything on the page but its pictures; ``alarm`` and ``notice`` are sentences, "" for none."""

    rig: str
    time: str
    alarm: str
    notice: str
    recording: str
    numbers: list[Number] = field(default_factory=list)
    queue: list[Row] = field(default_factory=list)
    log: list[Line] = field(default_factory=list)
    results: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def page_state(watch: BenchWatch, rig: str, now: datetime) -> PageState:
    """Return the state of a bench as the page shows it now."""
    with watch.lock:
        state, jobs, entries, session = (
            watch.known.state,
            dict(watch.known.jobs),
            list(watch.log),
            watch.session,
        )
        lost, recording = watch.lost, watch.recording
    status = session.status.snapshot() if session is not None else None
    running = state is not None and state["job"] is not None
    present = jobs.get(state["job"] or 0) if state is not None else None
    if status is not None and present is not None:  # the number of the queue
        status = replace(status, left_s=nan if lost or present["left_s"] is None else present["left_s"])
    stale_s = time.monotonic() - watch.data_s if running else 0.0
    return PageState(
        rig=rig,
        time=now.strftime("%H:%M:%S"),
        alarm=_alarm(lost, state, status if running else None),
        notice=with_units(state["held"]) if state is not None else "",
        recording=recording,
        numbers=_numbers(status, lost != "" or stale_s > STALE_S, running),
        queue=[_row(job, known=not lost) for job in jobs.values()],
        log=[_line(entry) for entry in reversed(entries[-LOG_SHOWN:])],
        results=run_results(session),
    )


def _alarm(lost: str, state: Any, status: StatusSnapshot | None) -> str:
    if lost:
        return f"The bench does not answer: {lost}"
    if state is not None and state["unsafe"]:
        return f"NOT SAFE: {state['unsafe']}"
    if state is not None and state.get("tripped"):
        return str(state["tripped"])
    if status is not None and status.state in (ShownState.FAULT, ShownState.NOT_SAFE):
        return with_units(status.message) or status.state.value
    return ""


def _numbers(status: StatusSnapshot | None, old: bool, running: bool) -> list[Number]:
    if status is None:
        return [Number("junction", "no run yet")]
    note = "last known" if old else ""
    alarming = status.state in (ShownState.FAULT, ShownState.NOT_SAFE)
    conductance = conductance_words(status.conductance_G0, status.full_scale_G0)
    bias = (
        f"±{abs(status.bias_V):.3f}"
        if status.modulated and isfinite(status.bias_V)
        else signed(status.bias_V)
    )
    tip = f"{status.tip_nm:.1f}" if isfinite(status.tip_nm) else UNKNOWN
    since = duration(status.in_state_s) if running else "run over"
    return [
        Number("junction", status.state.value, note=since, alarm=alarming),
        Number("conductance", conductance, "G₀" if conductance[-1].isdigit() else "", note),
        Number("bias", bias, "V", "modulated" if status.modulated else note),
        Number("tip", tip, "nm", note),
        Number("progress", progress_text(status), cycles_word(status), remark(status)),
    ]


def _row(job: JobState, *, known: bool) -> Row:
    """Return the row of a job; ``known`` is False for one of a bench that does not answer."""
    count = f"{job['cycles']}/{job['total']}" if job["total"] else str(job["cycles"])
    left_s = job["left_s"]
    under_way = job["status"] in UNDER_WAY
    return Row(
        title=title_of(job),
        status=job["status"] if known or not under_way else "not known",
        progress=count if job["cycles"] or under_way else "",
        left=roughly(left_s) if known and under_way and left_s is not None and isfinite(left_s) else "",
        note=reason_of(job) or waits_of(job) or job["sample"],
        share=min(job["cycles"] / job["total"], 1.0) if job["total"] else 0.0,
    )


def _line(entry: Any) -> Line:
    when = datetime.fromtimestamp(entry["time_s"]).strftime("%H:%M:%S")
    return Line(when, entry["level"], with_units(entry["text"]))
