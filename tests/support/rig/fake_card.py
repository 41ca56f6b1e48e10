"""A card for the watchdog whose calls a test can let fail."""


class FakeCard:
    """A card whose calls fail as a test says: a list of errors, "" for none, for each call."""

    def __init__(self, safe=(), fenced=(), unseen=()):
        self.plans = {"safe": list(safe), "fenced": list(fenced), "unseen": list(unseen)}
        self.calls = []
        self.within_s = []

    def _next(self, what):
        self.calls.append(what)
        plan = self.plans[what]
        result = plan.pop(0) if plan else ""
        if isinstance(result, Exception):
            raise result
        return result

    def make_safe(self, within_s):
        self.within_s.append(within_s)
        self._next("safe")
        return "bias 0 V, z 0 V"

    def fence(self):
        self._next("fenced")

    def unseen(self):
        return self._next("unseen")

    def attend(self):
        self.calls.append("attended")

    def clear(self):
        self.calls.append("cleared")

    def close(self):
        self.calls.append("closed")
