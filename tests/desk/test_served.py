"""Who gets what from a desk that is served? Who has its address, what the page leads
to; nobody anything else.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builds import REPORTS, ROUND

from pipeline.desk.links import Links
from pipeline.desk.serve import DeskServer, server

SECRET = b"what nobody may read"
LINKED = (
    f"{ROUND}/thb/public/selec-thb-{ROUND}-public-1.pdf",
    f"{ROUND}/thb/public/manifest.json",
    f"{ROUND}/thb/public/html/index.html",
    f"{ROUND}/findings/RO.html",
    f"{ROUND}/changes/thb-public/changes.pdf",
)
LINKED_BY_PAGES = (
    f"{ROUND}/thb/public/html/style.css",
    f"{ROUND}/thb/public/html/fonts/one.woff2",
    f"{ROUND}/thb/public/thb.csv",
    f"{ROUND}/findings/RO/RO thb é.xlsx",
)
# What lies in a folder of outputs after releases, copies and builds; a page links to
# all of it here.
NEVER = (
    "warehouse.duckdb",
    "archive/journal.csv",
    "archive/ab/cd",
    "releases/entered.csv",
    "releases/public/thb-2022-1.csv",
    "releases/keys/test-certificate.p12",
    "releases/passwords/restricted/thb-2022-1/copy-001.txt",
    f"releases/signoff/{ROUND}/thb-public.jsonl",
    f"{ROUND}/proof/public.json",
    f"{ROUND}/proof/public.tables.csv",
    f"{ROUND}/stores/restricted/thb.csv",
    f"{ROUND}/stores/public/thb.duckdb",
    f"{ROUND}/work/validation.json",
    f"{ROUND}/work/cubes.duckdb",
    f"{ROUND}/masters/thb/public/thb.csv",
    f"{ROUND}/findings/.secret.html",
    f"{ROUND}/thb/copy.duckdb",
    ".lock",
    ".times/validate",
    "as-of/2026-01-01/outputs/warehouse.duckdb",
    "other.html",
    f"{ROUND}/unknown/index.html",
)
NOT_LINKED = (
    f"{ROUND}/findings/findings.json",
    f"{ROUND}/thb/public/cells.csv",
    f"{ROUND}/thb/notes.txt",
)


def _page(*links: str) -> str:
    return "<!doctype html>" + "".join(f'<a href="{link}">x</a>' for link in links)


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Outputs with a page that links to all that it may link to, and to all that is
    never given.
    """
    folder = tmp_path / "outputs"
    for name in (*LINKED, *LINKED_BY_PAGES, *NEVER, *NOT_LINKED):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SECRET)
    (tmp_path / "outside.txt").write_bytes(SECRET)
    outside = (
        "../outside.txt",
        "%2e%2e/outside.txt",
        str(tmp_path / "outside.txt"),
        f"{ROUND}/../../outside.txt",
    )
    (folder / "index.html").write_text(
        _page(*LINKED, *NEVER, *outside, "http://[", "https://example.org/x")
    )
    html = _page(
        "style.css", "../thb.csv", "../../../proof/public.json", "../../../../../outside.txt"
    )
    (folder / LINKED[2]).write_text(html)
    (folder / f"{ROUND}/thb/public/html/style.css").write_text(
        "@font-face { src: url('fonts/one.woff2') }"
    )
    state = _page("RO/RO%20thb%20%C3%A9.xlsx", "findings.json?", "../findings/../work/cubes.duckdb")
    (folder / LINKED[3]).write_text(state)
    return folder


class Asker:
    """Asks a running desk."""

    def __init__(self, desk: DeskServer) -> None:
        self.port, self.token = int(desk.server_address[1]), desk.token

    def send(
        self, path: str, method: str = "GET", host: str = ""
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers={"Host": host or f"localhost:{self.port}"})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def status(self, path: str) -> int:
        """Asked with the token."""
        status, content, _ = self.send(f"/{self.token}/{path}")
        assert status == 200 or SECRET not in content
        return status


@contextmanager
def served(folder: Path) -> Iterator[Asker]:
    with server(folder, 0, reports=REPORTS) as desk:
        threading.Thread(
            target=desk.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        try:
            yield Asker(desk)
        finally:
            desk.shutdown()


@pytest.fixture
def desk(outputs: Path) -> Iterator[Asker]:
    with served(outputs) as asker:
        yield asker


def _quoted(path: str) -> str:
    return path.replace(" ", "%20").replace("é", "%C3%A9")


def test_who_has_the_address_gets_what_the_page_leads_to(desk: Asker, outputs: Path) -> None:
    status, content, headers = desk.send(f"/{desk.token}/")
    assert (status, content) == (200, (outputs / "index.html").read_bytes())
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert "Set-Cookie" not in headers
    assert {path: desk.status(_quoted(path)) for path in (*LINKED, "index.html")} == dict.fromkeys(
        (*LINKED, "index.html"), 200
    )


def test_a_linked_page_comes_with_what_it_links_to(desk: Asker) -> None:
    # the page of a state links to findings.json here
    expected = dict.fromkeys((*LINKED_BY_PAGES, NOT_LINKED[0]), 200)
    assert {path: desk.status(_quoted(path)) for path in expected} == expected


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "%00", "..", "-" * 5000])
def test_nothing_is_given_without_the_token(token: str, desk: Asker, outputs: Path) -> None:
    every = [p.relative_to(outputs).as_posix() for p in outputs.rglob("*") if p.is_file()]
    assert len(every) > 30
    for path in ("", *every):
        for asked in (
            f"/{_quoted(path)}",
            f"/{token}/{_quoted(path)}",
            f"/{desk.token[:-1]}/{_quoted(path)}",
        ):
            status, content, _ = desk.send(asked)
            assert (status, SECRET in content) == (404, False), asked
    assert desk.send("")[0] == 404
    assert desk.send(f"/{desk.token}")[0] == 404
    with socket.create_connection(("127.0.0.1", desk.port), 5) as raw:
        raw.sendall(b"GET /\xe9\xff/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b" 404 " in raw.recv(100)


def test_no_file_is_given_that_the_page_does_not_lead_to_or_may_not(
    desk: Asker, outputs: Path
) -> None:
    listed = Links(outputs, reports=REPORTS).listed()
    assert listed == {*LINKED, *LINKED_BY_PAGES, NOT_LINKED[0], "index.html"}
    others = [p.relative_to(outputs).as_posix() for p in outputs.rglob("*")]
    others = [p for p in others if p not in listed]
    assert set(NEVER) <= set(others)
    assert {p: desk.status(_quoted(p)) for p in others} == dict.fromkeys(others, 404)


WAYS_OUT = (
    "../outside.txt",
    "%2e%2e/outside.txt",
    "..%2foutside.txt",
    f"{ROUND}/../../outside.txt",
    "//outside.txt",
    f"{ROUND}/thb/public/../../proof/public.json",
    f"{ROUND}/thb/%2e%2e/proof/public.json",
    "%00",
    f"{LINKED[0]}%00",
    f"{LINKED[0]}/",
    f"{LINKED[0]}/x",
    "/",
    "./index.html",
    f"{ROUND}/",
    f"{ROUND}/findings",
    "..\\outside.txt",
)


@pytest.mark.parametrize("path", WAYS_OUT)
def test_no_spelling_of_a_path_leads_out_of_the_list(path: str, desk: Asker) -> None:
    assert desk.status(path) == 404


def _link_to_file(path: Path, outside: Path) -> None:
    path.unlink()
    path.symlink_to(outside)


def _link_to_folder(path: Path, outside: Path) -> None:
    path.parent.rename(outside.parent / "moved")
    path.parent.symlink_to(outside.parent / "moved")


def _pipe(path: Path, outside: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path, outside: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "index.html").write_bytes(SECRET)


def _socket(path: Path, outside: Path) -> None:
    path.unlink()
    here = os.getcwd()
    os.chdir(path.parent)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    "change", [_link_to_file, _link_to_folder, _pipe, _folder, _socket, lambda p, _: p.unlink()]
)
def test_what_takes_the_place_of_a_listed_file_after_the_start_is_not_followed(
    change: Callable[[Path, Path], None], desk: Asker, outputs: Path
) -> None:
    assert desk.status(LINKED[3]) == 200
    change(outputs / LINKED[3], outputs.parent / "outside.txt")
    assert desk.status(LINKED[3]) == 404
    assert desk.status("") == 200


def test_a_file_that_came_later_is_given_only_when_the_page_was_written_anew(
    desk: Asker, outputs: Path
) -> None:
    late = f"{ROUND}/octa/public/late.pdf"
    (outputs / late).parent.mkdir(parents=True)
    (outputs / late).write_bytes(b"a report that was built later")
    assert desk.status(late) == 404
    (outputs / "index.html").write_text(_page(late, *NEVER))
    assert (desk.status(late), desk.status(LINKED[0])) == (200, 404)
    assert {p: desk.status(p) for p in NEVER} == dict.fromkeys(NEVER, 404)


def test_only_reading_under_this_machine_s_own_name_is_answered(desk: Asker) -> None:
    page = f"/{desk.token}/"
    for host in (
        "pages.example",
        f"pages.example:{desk.port}",
        "127.0.0.1.pages.example",
        "[::1]",
        "0.0.0.0",
    ):
        assert desk.send(page, host=host)[0] == 421
    assert desk.send(page, "HEAD")[:2] == (200, b"")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        assert desk.send(page, method)[0] == 501


def test_each_server_has_a_token_of_its_own_and_says_it_nowhere(
    outputs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tokens = set()
    for _ in range(3):
        with served(outputs) as asker:
            tokens.add(asker.token)
            asker.status("nothing")
            with socket.create_connection(
                ("127.0.0.1", asker.port), 5
            ) as hasty:  # one that hangs up
                hasty.sendall(
                    f"GET /{asker.token}/{LINKED[0]} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()
                )
    assert len(tokens) == 3
    assert all(len(t) >= 43 and re.fullmatch(r"[\w-]+", t) for t in tokens)
    assert capfd.readouterr() == ("", "")
    for path in outputs.rglob("*"):
        assert not path.is_file() or not any(t.encode() in path.read_bytes() for t in tokens)
