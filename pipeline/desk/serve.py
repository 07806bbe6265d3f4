"""Who may ask for the desk? Who has the address with its token, on this machine, and
only for what the page leads to.

Every user of a machine can connect to its loopback address, whatever the modes of the
files behind it say. So each server makes a token of its own, and each address begins
with it. It is no cookie: browsers send the cookies of a machine to each of its ports,
and another user may listen there.
"""

from __future__ import annotations

import hmac
import mimetypes
import os
import secrets
import shutil
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline.desk.links import PAGE, Links

LOOPBACK = "127.0.0.1"
_NAMES = {LOOPBACK, "localhost"}
_TOKEN_BYTES = 32
_PATIENCE = 60  # seconds for which a connection may say nothing
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class DeskServer(ThreadingHTTPServer):
    """Serves what the page of a folder leads to, to those who know the token that was
    made for this server.
    """

    daemon_threads = True

    def __init__(self, folder: Path, port: int, *, reports: Sequence[str]) -> None:
        self.links = Links(folder, reports=reports)
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        super().__init__((LOOPBACK, port), _Desk)

    @property
    def address(self) -> str:
        """Where the page is. Nobody gets anything without it."""
        return f"http://{LOOPBACK}:{self.server_address[1]}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a reader that hangs up is no error, and a traceback would show
        what was asked for.
        """


class _Desk(BaseHTTPRequestHandler):
    """One request. A page elsewhere that makes the browser ask under its own name gets
    nothing.
    """

    timeout = _PATIENCE
    server: DeskServer

    def do_GET(self) -> None:
        self._answer(with_content=True)

    def do_HEAD(self) -> None:
        self._answer(with_content=False)

    def _answer(self, *, with_content: bool) -> None:
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in _NAMES:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "only for this machine")
            return
        path = self._path()
        file = None if path is None else self.server.links.open(path)
        if path is None or file is None:
            # One answer for a wrong token and for what is not given: it tells nobody
            # what there is.
            self.send_error(
                HTTPStatus.NOT_FOUND, "not there, or not the address that make desk printed"
            )
            return
        with file:
            self.send_response(HTTPStatus.OK)
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            self.send_header(
                "Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
            )
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            if with_content:
                shutil.copyfileobj(file, self.wfile)

    def _path(self) -> str | None:
        """What is asked for, below the token; None where the token is not the one of
        this server.
        """
        try:
            _, token, *rest = urlsplit(self.path).path.split("/")
        except ValueError:
            return None
        known = hmac.compare_digest(token.encode(), self.server.token.encode())
        return (unquote("/".join(rest)) or PAGE) if known and rest else None

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what is read here is nobody's business, and each address holds
        the token.
        """


def server(folder: Path, port: int, *, reports: Sequence[str]) -> DeskServer:
    """A server of a folder on loopback; port 0 takes a free one. OSError where the port
    is taken. `reports` are those whose finished versions it may serve.
    """
    return DeskServer(folder, port, reports=reports)
