"""An action that the bench is sure to refuse is not offered, and one that is offered is carried out.

Each test begins with a bench in one state and walks through all actions. Some change the state: window and bench have
to agree on the next action in the new state too.
"""

import pytest

from app.acquisition.watchdog import latch
from app.acquisition.watchdog.rig_state import TRIPPED, RigState, write_state
from app.config.rig_folder import state_path
from app.server.client import BenchClient
from app.server.errors import Refused
from procedures.registry import PROCEDURES
from procedures.steps import Modulate
from tests.support.gui.fake_bench import instruments, job, state
from tests.support.rig.benches import served_bench
from tests.support.rig.holding import Holding
from tests.support.rig.rigs import QUICK
from tests.support.rig.unhurried import UnhurriedClock
from tests.support.rig.watchdogs import WatchdogWithoutProcess

pytestmark = pytest.mark.timeout(600)

RUN = {"procedure": "holding", "values": {}}
ACTIONS = {
    "notes": {"text": "the pump was off"},
    "gain": {"instrument": "current_amplifier", "setting": "gain_V_per_A", "value": 1e5},
    "bias": {"instrument": "daq", "setting": "bias_V", "value": 0.05},
    "queue_add": RUN,
    "skip": {},
    "commission": {"steps": "1-2", "quick": True, "again": True},
    "run_now": RUN,
    "resume": {},
    "clear_trip": {"by": "Ada"},
    "queue_move": {"place": 0},
    "queue_remove": {},
    "abort": {},
}
"""Arguments of the commands, in the order of the walk."""
OF_ROW = "queue_move", "queue_remove"
STARTS = "commission", "run_now", "resume"
COMMANDS = {"gain": "set_instrument", "bias": "set_instrument"}
OVER = "finished", "aborted", "fault"


class LongHolding(Holding):
    """Ten minutes of modulation that can be skipped."""

    total_cycles = 1

    def __init__(self):
        super().__init__(duration_s=600.0)

    def steps(self):
        steps = super().steps()
        for step in steps:
            if isinstance(step, Modulate):
                object.__setattr__(step, "skips", "hold")
        return steps


@pytest.fixture
def bench(tmp_path, unanalysed, monkeypatch):
    monkeypatch.setitem(PROCEDURES._plugged, "holding", (LongHolding, ""))
    for module in ("acquisition.bench", "acquisition.attended", "server.bias_by_hand"):
        monkeypatch.setattr(f"app.{module}.Watchdog", WatchdogWithoutProcess)
    with served_bench(tmp_path, UnhurriedClock()) as made:
        yield made


WITHIN_MS = 60_000


class Walk:
    """A bench and its window, asked for the same actions."""

    def __init__(self, bench, window, qtbot):
        self.bench, self.window, self.qtbot = bench, window, qtbot

    def ask(self, name, **arguments):
        return self.bench.client.command(name, **arguments)

    @property
    def present(self):
        return next(
            (one for one in self.ask("state")["queue"] if one["status"] in ("running", "paused")), None
        )

    def settle(self):
        """Wait until the window knows the present state of the bench."""

        def told():
            known, now, present = self.window.state, self.ask("state"), self.present
            if present is not None and (present["procedure"], present["status"]) == ("holding", "running"):
                session = self.window.session
                if session is None or session.status.snapshot().step != "modulate":
                    return False
            commissioned = present is not None and present["procedure"] == "commission"
            if commissioned and not self.window.commissioning.shown.question:
                return False
            self.window.paint()
            same = ("job", "held", "tripped")
            return (
                now["bench"] != "saving"
                and known is not None
                and all(known[name] == now[name] for name in same)
                and statuses(self.window.queue.jobs.values()) == statuses(now["queue"])
                and self.window._instruments["busy"] == (present is not None)
                and (self.ask("instruments")["busy"] == (present is not None))
                and reasons(self.window._instruments) == reasons(self.ask("instruments"))
            )

        self.qtbot.waitUntil(told, timeout=WITHIN_MS)
        self.window.procedures.check()

    def refusal(self, action):
        """Let the bench act; return why it refuses, "" if it does not, also when the run's turn comes."""
        arguments, waiting = dict(ACTIONS[action]), self.window.queue.waiting
        if action in OF_ROW:
            arguments["job"] = waiting[0]["id"] if waiting else 999
        if action == "resume" and not self.ask("state")["held"]:
            return "nothing is held"  # the bench has nothing to do and no reason to complain
        try:
            answer = self.ask(COMMANDS.get(action, action), **arguments)
        except Refused as error:
            return str(error)
        if action not in STARTS:
            return ""
        number = answer["job"] if action != "resume" else waiting[0]["id"] if waiting else None
        return self._end_of(number) if number is not None else ""

    def _end_of(self, number):
        """Return why the bench refuses a run when its turn comes, "" if it begins or waits for another."""

        def begun():
            one = self.bench.job(number)
            moves = one["samples"] > 0 or one["procedure"] == "commission"
            waits = one["status"] == "waiting" and self.present is not None
            return waits or moves or one["status"] in OVER

        self.qtbot.waitUntil(begun, timeout=WITHIN_MS)
        ended = self.bench.job(number)
        return ended["reason"] if ended["refused"] else ""


def offers(window):
    """Return the reason why each action can't be chosen in the window; "" for one that can."""
    queue, rig = window.queue, window.rig.sections
    for row in range(queue.table.rowCount()):
        queue.table.selectRow(row)
        if queue.chosen["status"] == "waiting":
            break
    reasons = {
        "notes": of(window.notes.button),
        "gain": of(rig["current_amplifier"].choices["gain_V_per_A"]),
        "bias": of(rig["daq"].outputs["bias_V"]),
        "queue_add": of(window.procedures.add_button),
        "skip": of(queue.skip),
        "commission": of(window.commissioning.start),
        "run_now": of(window.procedures.run_button),
        "resume": in_menu(window, "Release the queue"),
        "clear_trip": in_menu(window, "Clear trip of the watchdog …"),
        "queue_move": of(queue.remove),
        "queue_remove": of(queue.remove),
        "abort": of(queue.abort),
    }
    for words, action in (
        ("Run now", "run_now"),
        ("Add to queue", "queue_add"),
        ("Abort the run", "abort"),
    ):
        assert in_menu(window, words) == reasons[action]
    return reasons


def reasons(instruments):
    return [one["reason"] for one in instruments["daq"]["editable"].values()]


def statuses(jobs):
    return sorted((one["id"], one["status"]) for one in jobs)


def of(widget):
    assert widget.isEnabled() or widget.toolTip(), "a sentence says why"
    return "" if widget.isEnabled() else widget.toolTip()


def in_menu(window, words):
    menu = next(one for one in window.menus.actions() if one.text() == "&Run").menu()
    menu.aboutToShow.emit()
    action = next(one for one in menu.actions() if one.text().replace("&", "").split(" (")[0] == words)
    reason = "" if action.isEnabled() else action.toolTip()
    menu.aboutToHide.emit()
    assert action.isEnabled(), "its keys work: what is said then is newer"
    return reason


# ---- states ----


def idle(bench, qtbot):
    pass


def running(bench, qtbot):
    bench.client.command("queue_add", **RUN)


def approaching(bench, qtbot):
    bench.add(100, approach_speed=0.1)


def paused(bench, qtbot):
    number = bench.add(5000)["id"]
    qtbot.waitUntil(lambda: bench.job(number)["cycles"] >= 1)
    bench.client.command("pause")
    qtbot.waitUntil(lambda: bench.job(number)["status"] == "paused")


def held(bench, qtbot):
    bench.client.command("pause")
    bench.client.command("queue_add", **RUN)


def tripped(bench, qtbot):
    path = state_path(bench.rig.file, bench.server.instruments.known_rig)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_state(path, RigState(TRIPPED, rig_file=str(bench.rig.file), why="no samples came", safe=True))
    qtbot.waitUntil(lambda: bench.client.command("state")["held"] != "")


def commissioning(bench, qtbot):
    bench.client.command("commission", **ACTIONS["commission"])


STATES = [idle, running, approaching, paused, held, tripped, commissioning]


@pytest.mark.parametrize("begin", STATES)
def test_bench_and_window_give_the_same_answer(bench, open_window, qtbot, begin):
    window = open_window(BenchClient(bench.server.connection))
    qtbot.waitUntil(lambda: window.procedures.rig is not None and window._instruments is not None)
    qtbot.waitUntil(lambda: "bias_V" in window.rig.sections["daq"].outputs)
    window.procedures.form.set({**QUICK, "traces": 2})
    walk, said = Walk(bench, window, qtbot), []
    begin(bench, qtbot)
    first = ("commission",) if begin is tripped else ()
    for action in (*first, *ACTIONS):
        walk.settle()
        reason = offers(window)[action]
        refusal = walk.refusal(action)
        said.append(action)
        assert bool(reason) == bool(refusal), f"{said}: the window {reason!r}, the bench {refusal!r}"
    assert bench.rig.is_safe() or walk.present is not None


def test_a_bench_that_does_not_answer_is_offered_nothing_but_retract(window, client, qtbot):
    window._told("state", state(job(1, "running"), job(2)))
    window._told("instruments", instruments())
    client.tell("lost", {"message": "no answer"})
    qtbot.waitUntil(lambda: window._lost != "")
    qtbot.waitUntil(lambda: not window.procedures.add_button.isEnabled())
    assert all(offers(window).values())
    assert window.rig_line.button.isEnabled()


def test_a_trip_that_another_program_clears_is_known_at_once(bench, open_window, qtbot):
    tripped(bench, qtbot)
    window = open_window(BenchClient(bench.server.connection))
    qtbot.waitUntil(lambda: "Clear trip" in of(window.procedures.run_button))
    assert bench.client.command("state")["held"] == "a trip of the watchdog holds the rig"
    latch.clear(bench.rig.file, bench.server.instruments.known_rig, "Ada", lambda *_: latch.SEEN)
    qtbot.waitUntil(lambda: window.procedures.run_button.isEnabled())
    assert bench.client.command("state")["held"], "no waiting run begins by itself"
