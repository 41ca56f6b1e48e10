"""The page for a browser: a bench as it is, to nobody without the link, and nothing that moves the rig."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask.testing import FlaskClient

from app.remote.page.application import page_application
from app.remote.page.camera import Camera, CameraError
from app.remote.page.pictures import PICTURES, STYLES
from app.remote.page.server import _listening, is_private, served_page
from app.remote.page.state import Line, Number, PageState, Row
from app.server.client import BenchClient
from tests.support.patience import PATIENCE_S, wait_until
from tests.support.rig.benches import Ears, served_bench

BROWSERS = "chromium", "chromium-browser", "google-chrome", "msedge"
GIF = b"GIF89a picture"
STATE = PageState(
    rig="rig <b>one</b>",
    time="03:00:00",
    alarm="",
    notice="",
    recording="night.h5",
    numbers=[Number("junction", "held")],
    queue=[Row("Heating 1.08 V", "running", "63/100", "11 min", "", 0.63)],
    log=[Line("02:59:58", "info", "hold 63 kept")],
)


@pytest.fixture
def page(tmp_path: Path) -> FlaskClient:
    (tmp_path / "camera.gif").write_bytes(GIF)
    camera = Camera(str(tmp_path / "camera.gif"))
    return page_application(
        lambda: STATE, lambda name, style: f"<svg id='{style}'/>", "secret", camera
    ).test_client()


@pytest.mark.parametrize(
    "address", ["/", "/state.json", "/pictures/trace.svg", "/camera", "/static/page.js", "/nowhere"]
)
@pytest.mark.parametrize("token", [None, "", "secre", "secrets", "séc", "x" * 10_000])
def test_nobody_sees_anything_without_the_token(page: FlaskClient, address: str, token: str | None) -> None:
    answer = page.get(address, query_string={} if token is None else {"token": token})

    assert answer.status_code == 403
    assert b"needs the whole link" in answer.data


def test_the_link_opens_the_page_and_the_browser_remembers_it(page: FlaskClient) -> None:
    answer = page.get("/?token=secret")
    assert answer.status_code == 200
    assert "HttpOnly" in answer.headers["Set-Cookie"] and "SameSite=Strict" in answer.headers["Set-Cookie"]
    assert "secret" not in answer.text

    assert page.get("/state.json").json == STATE.to_json()
    assert page.get("/pictures/trace.svg?style=dark").data == b"<svg id='dark'/>"
    assert (page.get("/camera").data, page.get("/camera").mimetype) == (GIF, "image/gif")
    with page.get("/static/page.js") as script:
        assert script.status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_nothing_but_looking_is_possible(page: FlaskClient, method: str) -> None:
    for address in ("/?token=secret", "/state.json?token=secret", "/retract?token=secret"):
        assert getattr(page, method)(address).status_code == 405


def test_other_sites_can_neither_frame_nor_read_the_page(page: FlaskClient) -> None:
    headers = page.get("/?token=secret").headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers


def test_what_is_not_there_is_said(page: FlaskClient) -> None:
    page.get("/?token=secret")
    for address in (
        "/pictures/../../etc.svg",
        "/pictures/none.svg",
        "/pictures/trace.svg?style=pink",
        "/nowhere",
    ):
        assert page.get(address).status_code == 404
    bare = page_application(lambda: STATE, lambda name, style: "", "secret").test_client()
    assert bare.get("/pictures/trace.svg?token=secret").status_code == 204
    assert bare.get("/camera?token=secret").status_code == 404


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        (b"<html>log in</html>", "not a JPEG"),
        (b"GIF8" * 3_000_000, "more than 8 MB"),
    ],
)
def test_a_camera_without_a_picture_says_why(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "camera"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CameraError, match=why):
        Camera(str(path)).picture()


def test_a_camera_is_asked_once_a_second(tmp_path: Path) -> None:
    path, now = tmp_path / "camera", [0.0]
    path.write_bytes(GIF)
    camera = Camera(str(path), lambda: now[0])
    camera.picture()
    path.write_bytes(b"GIF89a later")

    assert camera.picture()[0] == GIF
    now[0] = 1.0
    assert camera.picture()[0] == b"GIF89a later"


def test_loopback_addresses_are_private() -> None:
    assert all(map(is_private, ("127.0.0.1", "::1", "localhost", "127.8.8.8")))
    assert not any(map(is_private, ("0.0.0.0", "192.168.0.3", "rig-pc")))


def test_a_name_with_two_addresses_is_served_on_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with _listening("localhost", 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


# ---- a real bench ----


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the page of a bench that has recorded three traces."""
    folder = tmp_path_factory.mktemp("bench")
    with served_bench(folder) as bench:
        heard = Ears()
        bench.client.subscribe(heard, ("job",))
        job = bench.add(traces=3)
        heard.wait_over(job["id"])
        with served_page(BenchClient(bench.server.connection), "rig 7", "127.0.0.1", 0) as link:
            yield link


def _get(link: str, what: str) -> tuple[int, str]:
    base, _, token = link.partition("?")
    with urlopen(f"{base}{what}{'&' if '?' in what else '?'}{token}") as answer:
        return answer.status, answer.read().decode()


def test_the_page_shows_what_the_bench_has_recorded(link: str) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", link)
    wait_until(lambda: '"retracted"' in _get(link, "state.json")[1])

    state = _get(link, "state.json")[1]

    assert '"value":"3/3"' in state and '"finished"' in state and '"rig 7"' in state
    for style in STYLES:
        assert _get(link, f"pictures/trace.svg?style={style}")[1].lstrip().startswith("<?xml")
    assert _get(link, "pictures/heating.svg")[0] == 204
    assert set(PICTURES) == {"trace", "histogram", "heating"}


def test_the_server_refuses_strangers_and_commands(link: str) -> None:
    for request, code in ((Request(link.partition("?")[0]), 403), (Request(link, data=b"retract"), 405)):
        with pytest.raises(HTTPError) as refused:
            urlopen(request)
        assert refused.value.code == code
        refused.value.close()


def test_a_browser_shows_the_page(link: str, tmp_path: Path) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no browser is installed")
    flags = "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=6000", "--dump-dom"
    shown = subprocess.run(
        [browser, *flags, f"--user-data-dir={tmp_path}", link],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    ).stdout

    assert "retracted" in shown and "Break junction" in shown and "3/3" in shown
    assert re.search(r'<figure><img id="trace" alt="trace" src="blob:http', shown)
    assert re.search(r'<figure hidden=""><img id="heating"', shown)
    assert re.search(r'id="silent"[^>]*hidden', shown)
