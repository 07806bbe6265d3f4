"""Who may ask for the desk? Only this machine, by its own name, and only for files of the outputs."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
_NAMES = {LOOPBACK, "localhost"}
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class Desk(SimpleHTTPRequestHandler):
    """Files of one folder. A page elsewhere that makes the browser ask under its own name gets nothing."""

    def do_GET(self) -> None:
        if self._is_asked_here():
            super().do_GET()

    def do_HEAD(self) -> None:
        if self._is_asked_here():
            super().do_HEAD()

    def _is_asked_here(self) -> bool:
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host in _NAMES:
            return True
        self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "only for this machine")
        return False

    def send_head(self) -> Any:
        # A link in the outputs must not lead to the rest of the machine, and working files are nobody's reading.
        path, root = Path(self.translate_path(self.path)), Path(self.directory).resolve()
        hidden = any(p.startswith(".") for p in path.relative_to(self.directory).parts)
        if hidden or not path.resolve().is_relative_to(root) or path.is_dir() and not (path / "index.html").is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what is read here is nobody's business."""


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of a folder on loopback; port 0 takes a free one. OSError where the port is taken."""
    return ThreadingHTTPServer((LOOPBACK, port), partial(Desk, directory=str(folder.resolve())))
