"""Rules of alerts: which messages of a bench are worth waking somebody up."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from app.remote.alerts.file import Occasion
from app.server.job_text import reason_of, title_of
from app.server.messages import JobState
from app.server.queue import PAUSED_BY_USER
from app.viewmodels.wording import with_units

OVER = "finished", "aborted", "fault"


@dataclass(frozen=True)
class Alert:
    """One alert: its occasion, a title that fits a phone's screen, and the rest.

    ``urgent`` alerts are not held back by the limit of alerts an hour.
    """

    occasion: Occasion
    title: str
    text: str
    urgent: bool = False


class AlertRules:
    """Turns the messages of one bench into alerts, each once.

    Parameters
    ----------
    about : collection of str
        Occasions to tell of.
    results : callable
        Returns the results of the present run as sentences.
    """

    def __init__(self, about: Collection[Occasion], results: Callable[[], list[str]]) -> None:
        self._about = about
        self._results = results
        self._ended: set[int] = set()
        self._under_way: set[int] = set()
        self._told: dict[str, str] = {}
        self._with_result: set[int] = set()

    def take(self, topic: str, content: Any) -> list[Alert]:
        """Return the alerts of a message."""
        match topic:
            case "job":
                alerts = self._of_job(content)
            case "state":
                for job in content["queue"]:  # what had ended before is no news
                    self._note(job)
                alerts = [*self._of_state(content)]
            case "commission":
                alerts = self._once("hand", content["asked"], "The commissioning needs a hand")
            case "lost":
                why = content["message"].rstrip(".")
                text = f"{why}. The watchdog makes the rig safe if its bench has died. Look at it."
                alerts = [Alert("silence", "The bench does not answer", text, urgent=True)]
            case "found":
                alerts = [Alert("silence", "The bench answers again", "")]
            case _:
                alerts = []
        return [alert for alert in alerts if alert.occasion in self._about]

    def _note(self, job: JobState) -> None:
        if job["status"] not in OVER:
            self._under_way.add(job["id"])
        elif job["id"] not in self._under_way:
            self._ended.add(job["id"])

    def _of_job(self, job: JobState) -> list[Alert]:
        title = title_of(job)
        if job["status"] not in OVER:
            self._under_way.add(job["id"])
            return []
        if job["id"] in self._ended:
            return []
        self._ended.add(job["id"])
        done = f"{job['cycles']} of {job['total']} {job['repeats']}" if job["total"] else ""
        unsafe = job["safe"] is False
        text = "\n".join(
            part
            for part in (
                "NOT SAFE: look at the rig." if unsafe else "",
                reason_of(job),
                done,
                *self._results(),
            )
            if part
        )
        if job["status"] == "fault" or unsafe:
            return [Alert("fault", f"{title}: fault", text, urgent=True)]
        return [Alert("end", f"{title}: {job['status']}", text)]

    def _of_state(self, state: Any) -> list[Alert]:
        unsafe = self._once("fault", state["unsafe"], "NOT SAFE", urgent=True)
        tripped = self._once("fault", state.get("tripped", ""), "The watchdog has tripped", urgent=True)
        waits = any(job["status"] == "waiting" for job in state["queue"])
        reason = state["held"] if waits and state["held"] != PAUSED_BY_USER else ""
        held = self._once("hand", reason, "The queue waits for a hand")
        return [*unsafe, *tripped, *held]

    def _once(self, occasion: Occasion, sentence: str, title: str, urgent: bool = False) -> list[Alert]:
        """Return an alert if the sentence is new; "" ends it."""
        before = self._told.get(title, "")
        self._told[title] = sentence
        if not sentence or sentence == before:
            return []
        return [Alert(occasion, title, with_units(sentence), urgent)]

    def look_at_results(self, job: int | None) -> list[Alert]:
        """Return an alert if the present run has its first result; ask at an interval."""
        if job is None or job in self._with_result or "result" not in self._about:
            return []
        results = self._results()
        if not results:
            return []
        self._with_result.add(job)
        return [Alert("result", "First result", "\n".join(results))]
