"""Alerts: once each, not too many, through real protocols, and never a password where others read."""

import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from app.config.toml import FileError
from app.remote.alerts.file import AlertSettings, load_alerts
from app.remote.alerts.limit import AlertLimit
from app.remote.alerts.post import AlertPost, beat, channels, delivered
from app.remote.alerts.rules import Alert, AlertRules
from app.remote.alerts.watch import AlertWatch
from app.server.client import BenchClient
from tests.support.patience import wait_until
from tests.support.rig.benches import Ears, served_bench

ALL = ("fault", "hand", "end", "result", "silence")
PASSWORD = "hunter2"


def _job(status: str, number: int = 1, reason: str = "", safe: bool | None = True) -> dict[str, Any]:
    return {
        "id": number, "procedure": "break-junction", "values": {}, "out": "x.h5", "sample": "", "notes": "",
        "repeats": "traces", "total": 100, "takes_s": None, "cycles": 63, "traces": 63, "samples": 1, "status": status,
        "reason": reason, "refused": False, "safe": safe, "elapsed_s": 1.0, "left_s": None, "version": 1,
    }  # fmt: skip


def _state(
    queue: tuple[dict[str, Any], ...] = (), held: str = "", unsafe: str = "", tripped: str = ""
) -> dict[str, Any]:
    return {"queue": list(queue), "held": held, "unsafe": unsafe, "tripped": tripped, "job": None}


@pytest.fixture
def rules() -> AlertRules:
    return AlertRules(ALL, lambda: ["Peak at 0.00207 ± 0.00004 G₀"])


def test_a_run_that_ends_is_told_once_with_its_result(rules: AlertRules) -> None:
    assert rules.take("job", _job("running")) == []
    (alert,) = rules.take("job", _job("finished"))

    assert (alert.occasion, alert.title, alert.urgent) == ("end", "Break junction: finished", False)
    assert alert.text == "63 of 100 traces\nPeak at 0.00207 ± 0.00004 G₀"
    assert rules.take("job", _job("finished")) == []


def test_a_fault_and_an_unsafe_end_are_urgent(rules: AlertRules) -> None:
    (fault,) = rules.take("job", _job("fault", 1, "The gain changed to 1e+07 V/A."))
    (unsafe,) = rules.take("job", _job("finished", 2, safe=False))

    assert fault.urgent and "10 MV/A" in fault.text
    assert unsafe.urgent and unsafe.text.startswith("NOT SAFE")


def test_what_had_ended_before_is_no_news(rules: AlertRules) -> None:
    rules.take("state", _state((_job("finished", 1), _job("running", 2), _job("waiting", 3))))

    assert rules.take("job", _job("finished", 1)) == []
    assert [alert.occasion for alert in rules.take("job", _job("finished", 3))] == ["end"]
    assert [alert.occasion for alert in rules.take("job", _job("aborted", 2))] == ["end"]


def test_each_sentence_of_a_held_queue_is_told_once_and_again_when_it_comes_back(rules: AlertRules) -> None:
    heard = [
        [alert.text for alert in rules.take("state", _state((_job("waiting"),), held=held))]
        for held in ("", "Bring the tip nearer.", "Bring the tip nearer.", "", "Bring the tip nearer.")
    ]

    assert heard == [[], ["Bring the tip nearer."], [], [], ["Bring the tip nearer."]]


def test_a_pause_of_the_user_and_an_empty_queue_need_no_hand(rules: AlertRules) -> None:
    assert rules.take("state", _state((_job("waiting"),), held="paused by the user")) == []
    assert rules.take("state", _state((_job("finished"),), held="job 1 ended with a fault")) == []


def test_an_unsafe_rig_a_trip_a_question_and_silence_are_told(rules: AlertRules) -> None:
    alerts = [
        *rules.take("state", _state(unsafe="bias 0.1 V", tripped="The bench died.")),
        *rules.take("commission", {"asked": "Take the tip far back."}),
        *rules.take("lost", {"message": "No answer within 5 s."}),
        *rules.take("found", {}),
        *rules.take("log", {"text": "hold 3 kept"}),
    ]

    assert [(alert.occasion, alert.urgent) for alert in alerts] == [
        ("fault", True), ("fault", True), ("hand", False), ("silence", True), ("silence", False),
    ]  # fmt: skip


def test_only_the_wanted_occasions_are_told() -> None:
    rules = AlertRules(("fault",), lambda: ["Peak"])

    assert rules.take("job", _job("finished")) == [] and rules.look_at_results(1) == []
    assert rules.take("job", _job("fault", 2)) != []


def test_the_first_result_is_told_once_a_run(rules: AlertRules) -> None:
    assert rules.look_at_results(None) == []
    assert [alert.title for alert in rules.look_at_results(3)] == ["First result"]
    assert rules.look_at_results(3) == []


def test_the_limit_holds_back_and_says_how_many() -> None:
    limit, alert = AlertLimit(2), Alert("end", "Run over", "")
    passed = [limit.passed(alert, now_s) for now_s in (0.0, 1.0, 2.0, 3.0, 3600.5)]

    assert [one is not None for one in passed] == [True, True, False, False, True]
    assert passed[-1] is not None and passed[-1].text == "(2 alerts held back before this one)"


def test_urgent_alerts_pass_the_limit_once_a_minute_each() -> None:
    limit = AlertLimit(1)
    fault, unsafe = Alert("fault", "Fault", "", urgent=True), Alert("fault", "NOT SAFE", "", urgent=True)
    times = [
        limit.passed(fault, 0.0),
        limit.passed(fault, 30.0),
        limit.passed(unsafe, 31.0),
        limit.passed(fault, 61.0),
    ]

    assert [one is not None for one in times] == [True, False, True, True]


# ---- the file ----


def _file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "alerts.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_file_with_a_variable_and_a_heartbeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    path = _file(
        tmp_path,
        'to = ["mailto://me:${MAIL_PASSWORD}@x.org"]\nabout = ["fault"]\n[heartbeat]\naddress = "https://x.org/1"\n',
    )

    settings = load_alerts(path)

    assert settings.to == [f"mailto://me:{PASSWORD}@x.org"] and settings.about == ["fault"]
    assert settings.heartbeat is not None and settings.heartbeat.every_s == 300.0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f'to = ["json://x/{PASSWORD}"]\nabout = ["{PASSWORD}"]', "about.0"),
        (f'to = "json://{PASSWORD}"', "to"),
        (f'to = ["json://x"]\n{PASSWORD}x = 1', "Extra inputs"),
        ('to = ["json://${NOT_SET_ANYWHERE}"]', "no variable NOT_SET_ANYWHERE"),
        ("to = []", "to"),
        ('to = ["json://x"]\n[heartbeat]\naddress = "ftp://hunter2"', "heartbeat.address"),
    ],
)
def test_a_wrong_file_is_refused_without_its_secrets(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(FileError, match=why) as refused:
        load_alerts(_file(tmp_path, text))
    assert PASSWORD not in str(refused.value).replace(f"{PASSWORD}x", "")


@pytest.mark.skipif(sys.platform == "win32", reason="access is the profile folder's there")
def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="chmod 600"):
        load_alerts(_file(tmp_path, 'to = ["json://x"]', 0o644))


def test_an_address_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(FileError, match="Channel 2") as refused:
        channels(["json://localhost", f"carrier-pigeon://{PASSWORD}"])
    assert PASSWORD not in str(refused.value)


# ---- delivery ----


class Hook(BaseHTTPRequestHandler):
    """A chat service that keeps what it is sent, after refusing some requests."""

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.asked += 1
        ok = server.asked > server.refusals
        if ok:
            server.heard.append(json.loads(content))
        self.send_response(200 if ok else 503)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.beats += 1  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Hook)
    server.heard, server.asked, server.refusals, server.beats = [], 0, 0, 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _address(hook: Any) -> str:
    return f"json://user:{PASSWORD}@127.0.0.1:{hook.server_port}/rig"


def test_a_webhook_gets_what_is_to_be_told(hook: Any) -> None:
    post = AlertPost(channels([_address(hook)]))
    post.send(Alert("fault", "NOT SAFE", "bias 0.1 V", urgent=True))
    post.close()

    (heard,) = hook.heard
    assert (heard["title"], heard["message"], heard["type"]) == ("NOT SAFE", "bias 0.1 V", "failure")


def test_an_alert_is_tried_again_and_its_failure_logged_without_its_address(
    hook: Any, caplog: pytest.LogCaptureFixture
) -> None:
    hook.refusals = 2
    with caplog.at_level(logging.DEBUG):
        post = AlertPost(channels([_address(hook)]), tries_after_s=(0.0, 0.0, 0.0))
        post.send(Alert("end", "Run over", "63 traces"))
        wait_until(lambda: bool(hook.heard))
        post.close()

    ours = [record for record in caplog.records if record.name.startswith("app.")]
    assert [record.getMessage() for record in ours] == [
        "An alert did not get through (channel 1, json): Run over"
    ] * 2
    assert PASSWORD not in caplog.text


class Mails:
    """An SMTP server's memory."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.heard.append(envelope.content.decode())
        return "250 OK"


def test_a_mail_is_sent() -> None:
    mails = Mails()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(mails, hostname="127.0.0.1", port=port)
    server.start()
    try:
        ((_, channel),) = channels([f"mailto://127.0.0.1:{port}?from=rig@x.org&to=me@x.org"])
        assert delivered(channel, Alert("end", "Heating: finished", "ΔT at 1.08 V: 0.29 mK"))
    finally:
        server.stop()

    assert "Subject: Heating: finished" in mails.heard[0]


def test_a_heartbeat_says_whether_it_was_heard(hook: Any) -> None:
    assert beat(f"http://127.0.0.1:{hook.server_port}/beat") and hook.beats == 1
    assert not beat("http://127.0.0.1:9/nobody")


# ---- a real bench ----


def test_a_bench_tells_of_the_end_of_a_run_and_of_its_own(tmp_path: Path, hook: Any) -> None:
    settings = AlertSettings.model_validate(
        {
            "to": [_address(hook)],
            "heartbeat": {"address": f"http://127.0.0.1:{hook.server_port}", "every_s": 10.0},
        }
    )
    with served_bench(tmp_path) as bench:
        before = bench.add(traces=1)
        heard = Ears()
        bench.client.subscribe(heard, ("job",))
        heard.wait_over(before["id"])
        watch = AlertWatch(BenchClient(bench.server.connection), settings)
        watch.start()
        bench.add(traces=1)
        wait_until(lambda: bool(hook.heard) and hook.beats > 0)
    watch.wait_for_silence()
    watch.close()

    titles = [one["title"] for one in hook.heard]
    assert titles == ["Break junction: finished", "The bench does not answer"]
    assert "1 of 1 traces" in hook.heard[0]["message"]


def test_the_command_writes_an_example_and_tries_the_channels(tmp_path: Path, hook: Any) -> None:
    from app.commands.alerts import command

    path = tmp_path / "alerts.toml"
    written = CliRunner().invoke(command, [str(path), "--example"])
    assert written.exit_code == 0 and load_alerts(path).most_per_hour == 20
    again = CliRunner().invoke(command, [str(path), "--example"])
    assert again.exit_code == 2 and "it is left as it is" in again.output

    path.write_text(f'to = ["{_address(hook)}", "json://127.0.0.1:9/"]')
    tried = CliRunner().invoke(command, [str(path), "--test"])
    assert tried.exit_code == 1
    assert tried.output == "channel 1, json: sent\nchannel 2, json: NOT sent\n"
