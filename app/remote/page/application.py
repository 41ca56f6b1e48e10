"""The page as a web application: reads only, and only for who has the token of its link."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request

from app.remote.page.camera import Camera, CameraError
from app.remote.page.pictures import PICTURES, STYLES
from app.remote.page.state import PageState

COOKIE = "hotjunction"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
NO_TOKEN = "This page needs the whole link that hotjunction printed, with its token.\n"


def page_application(
    state: Callable[[], PageState], svg: Callable[[str, str], str], token: str, camera: Camera | None = None
) -> Flask:
    """Return the application.

    Parameters
    ----------
    state : callable
        Returns what the page shows now.
    svg : callable
        Returns a picture by its name and style, "" while there is none.
    token : str
        Word that every request must bring: in the link, later in a cookie.
    camera : Camera, optional
        Source of the camera's picture.
    """
    application = Flask(__package__ or "", static_folder="static", template_folder=str(TEMPLATES))
    cookie = (
        f"{COOKIE}-{hashlib.sha256(token.encode()).hexdigest()[:8]}"  # other benches have pages of their own
    )

    @application.before_request
    def admit() -> Response | None:
        if request.method not in ("GET", "HEAD"):
            return Response("This page only shows.\n", 405, mimetype="text/plain", headers={"Allow": "GET"})
        given = request.args.get("token") or request.cookies.get(cookie, "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return Response(NO_TOKEN, 403, mimetype="text/plain")
        return None

    @application.after_request
    def protect(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    @application.get("/")
    def page() -> Response:
        response = Response(
            render_template("page.html.j2", pictures=list(PICTURES), camera=camera is not None)
        )
        response.set_cookie(cookie, token, httponly=True, samesite="Strict")
        return response

    @application.get("/state.json")
    def present_state() -> dict[str, Any]:
        return state().to_json()

    @application.get("/pictures/<name>.svg")
    def picture(name: str) -> Response:
        style = request.args.get("style", "light")
        if name not in PICTURES or style not in STYLES:
            return Response("There is no such picture.\n", 404, mimetype="text/plain")
        drawn = svg(name, style)
        return Response(drawn, mimetype="image/svg+xml") if drawn else Response(status=204)

    @application.get("/camera")
    def camera_picture() -> Response:
        if camera is None:
            return Response("No camera is configured.\n", 404, mimetype="text/plain")
        try:
            content, kind = camera.picture()
        except CameraError as error:
            return Response(f"{error}\n", 502, mimetype="text/plain")
        return Response(
            content, mimetype=kind, headers={"Last-Seen": datetime.now().isoformat("T", "seconds")}
        )

    return application
