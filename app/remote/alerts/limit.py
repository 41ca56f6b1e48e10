"""Limit of alerts an hour, for a fault that comes back every second."""

from collections import deque
from dataclasses import replace

from app.remote.alerts.rules import Alert

HOUR_S = 3600.0
URGENT_APART_S = 60.0
"""Shortest time between two urgent alerts of the same title beyond the limit."""


class AlertLimit:
    """Lets at most ``most_per_hour`` alerts through in any hour, and urgent ones beyond it once a minute each."""

    def __init__(self, most_per_hour: int) -> None:
        self._most = most_per_hour
        self._sent_s: deque[float] = deque()
        self._urgent_s: dict[str, float] = {}
        self._held_back = 0

    def passed(self, alert: Alert, now_s: float) -> Alert | None:
        """Return the alert, with the number of those held back before it, or None to hold it back."""
        while self._sent_s and now_s - self._sent_s[0] >= HOUR_S:
            self._sent_s.popleft()
        due = now_s - self._urgent_s.get(alert.title, -HOUR_S) >= URGENT_APART_S
        if len(self._sent_s) >= self._most and not (alert.urgent and due):
            self._held_back += 1
            return None
        self._sent_s.append(now_s)
        self._urgent_s[alert.title] = now_s
        held_back, self._held_back = self._held_back, 0
        if not held_back:
            return alert
        note = f"({held_back} alert{'s' * (held_back > 1)} held back before this one)"
        return replace(alert, text="\n".join(part for part in (alert.text, note) if part))
