"""A commissioning at a bench: what is refused, and a retract while the operator is asked."""

import pytest

from app.server.errors import Refused
from tests.support.rig.benches import Ears, served_bench
from tests.support.rig.watchdogs import WatchdogWithoutProcess


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for module in ("bench", "attended"):
            patch.setattr(f"app.acquisition.{module}.Watchdog", WatchdogWithoutProcess)
        with served_bench(tmp_path_factory.mktemp("bench")) as made:
            yield made


@pytest.mark.parametrize(
    ("wanted", "kind", "said"),
    [
        ({"steps": "99"}, "ImpossibleSetting", "there is no step 99"),
        ({"resistance_ohm": 0.0}, "ImpossibleSetting", "it must be 1 ohm or more"),
        ({"resistor": 1e4}, "ProtocolError", "no argument 'resistor' here"),
    ],
)
def test_an_impossible_commissioning_is_refused_in_words(bench, wanted, kind, said):
    with pytest.raises(Refused, match=said) as caught:
        bench.client.command("commission", **wanted)

    assert caught.value.kind == kind
    assert bench.client.command("state")["job"] is None


def test_without_a_session_the_bench_says_what_one_would_do(bench):
    found = bench.client.command("commissioning", steps="1-2", quick=True)

    assert [(one["number"], one["state"]) for one in found["steps"]] == [(1, "waiting"), (2, "waiting")]
    assert (found["job"], found["question"]) == (0, 0)
    assert found["left_s"] == sum(one["takes_s"] for one in found["steps"])


def test_a_retract_ends_a_commissioning_whose_question_is_open(bench):
    ears = Ears()
    bench.client.subscribe(ears)
    job = bench.client.command("commission", steps="2", quick=True, again=True)["job"]
    first = ears.wait("commission", lambda what: what["job"] == job)
    assert first["steps"][0]["title"] == "Wiring"
    ended = ears.wait_over(job)
    assert ended["status"] == "finished", "step 2 needs step 1"

    job = bench.client.command("commission", steps="1-2", quick=True)["job"]
    asked = ears.wait("commission", lambda what: what["question"])
    with pytest.raises(Refused, match="no longer open"):
        bench.client.command("commission_answer", question=asked["question"] + 1, yes=True)
    with pytest.raises(Refused, match="Runs go on or wait"):
        bench.client.command("commission", steps="1")
    bench.client.retract()

    ended = ears.wait_over(job)
    assert (ended["status"], ended["reason"]) == ("aborted", "retracted by the user")
    assert bench.client.command("state")["held"] == "retracted by the user"
    assert bench.rig.is_safe()
