"""What can the process that renders a public version open? Its own store and nothing
else of what was built or sent.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from builds import ROOT, ROUND

from pipeline.project import Project
from pipeline.report.document import worker
from pipeline.report.document.order import Order
from pipeline.system.apart import Apart

# Runs in a process of its own: confines it as the renderer does, tries every door,
# prints what happened.
TRY = """
import json, os, socket, subprocess, sys
import duckdb
from pathlib import Path
root, store, out = (Path(argument) for argument in sys.argv[1:4])
port, guard = int(sys.argv[4]), sys.argv[5]
files = [Path(p) for p in sys.argv[6:]]
from pipeline.system import confine as guards
readable = [root / "pipeline", root / "templates", root / "data_contracts", store.parent]
writable = [out]
if guard == "interpreter":
    guards._confine_by_kernel = lambda *_: False
result = {"guard": guards.confine(readable, writable)}
def attempt(action):
    try:
        action()
        return "opened"
    except BaseException as problem:
        return type(problem).__name__
def cat(path):
    subprocess.run(["cat", str(path)], check=True, capture_output=True)
def connect():
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
def query(path, sql):
    return duckdb.connect(str(path), read_only=True).execute(sql).fetchall()
result["own store"] = attempt(lambda: query(store, "select * from cells"))
result["own output"] = attempt(lambda: (out / "file").write_text("x"))
result["templates"] = attempt(lambda: (root / "templates/shared/versions.yaml").read_text())
result["python"] = {str(p): attempt(lambda p=p: open(p, "rb").read(1)) for p in files}
result["list"] = {str(p.parent): attempt(lambda p=p: os.listdir(p.parent)) for p in files}
result["write"] = {str(p): attempt(lambda p=p: open(p, "ab")) for p in files}
stores = [p for p in files if p.suffix == ".duckdb"]
result["duckdb"] = {str(p): attempt(lambda p=p: query(p, "select 1")) for p in stores}
def attach(path):
    duckdb.connect().execute(f"attach '{path}' as x (read_only)")
def blob(path):
    duckdb.connect().execute(f"select content from read_blob('{path}')").fetchall()[0]
result["attach"] = {str(p): attempt(lambda p=p: attach(p)) for p in stores}
result["blob"] = {str(p): attempt(lambda p=p: blob(p)) for p in files}
result["cat"] = {str(p): attempt(lambda p=p: cat(p)) for p in files}
result["connect"] = attempt(connect)
print(json.dumps(result))
"""


@dataclass(frozen=True)
class House:
    """A small outputs folder with everything a public renderer must not open, and a
    port that answers.
    """

    project: Project
    port: int

    @property
    def forbidden(self) -> list[Path]:
        return [
            self.project.warehouse,
            self.project.work(ROUND) / "cubes.duckdb",
            self.project.work(ROUND) / "validation.json",
            self.project.store(ROUND, "thb", "restricted"),
            self.project.returns / str(ROUND) / "thb" / "RO.xlsx",
        ]

    def attempts(self, guard: str) -> dict[str, object]:
        out = self.project.outputs / f"scratch-{guard}"
        out.mkdir(exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(out), "TMPDIR": str(out)}
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                TRY,
                str(ROOT),
                str(self.project.store(ROUND, "thb", "public")),
                str(out),
                str(self.port),
                guard,
                *map(str, self.forbidden),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    project = Project(ROOT, folder / "outputs", folder / "returns")
    with socket.create_server(("127.0.0.1", 0)) as server:
        house = House(project, server.getsockname()[1])
        for path in [*house.forbidden, project.store(ROUND, "thb", "public")]:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".duckdb":
                with duckdb.connect(str(path)) as connection:
                    connection.execute("create table cells as select 1 as x")
            else:
                path.write_text("restricted")
        yield house


@pytest.fixture(scope="module")
def tried(house: House) -> dict[str, object]:
    return house.attempts("kernel")


def refused(outcomes: object) -> bool:
    assert isinstance(outcomes, dict)
    assert outcomes
    return "opened" not in outcomes.values()


def test_the_renderer_can_open_what_it_needs(tried: dict[str, object]) -> None:
    assert [tried[k] for k in ("own store", "own output", "templates")] == ["opened"] * 3


def test_python_opens_nothing_restricted(tried: dict[str, object]) -> None:
    assert refused(tried["python"])
    assert refused(tried["write"])


def test_no_library_or_program_opens_what_python_may_not(tried: dict[str, object]) -> None:
    if tried["guard"] != "kernel":
        pytest.skip("this kernel has no Landlock: only what Python code opens is guarded")
    for way in ("list", "duckdb", "attach", "blob", "cat"):
        assert refused(tried[way]), way


def test_no_connection_is_made_not_even_to_this_machine(tried: dict[str, object]) -> None:
    from ctypes import CDLL

    if tried["guard"] != "kernel" or CDLL(None).syscall(444, None, 0, 1) < 4:
        pytest.skip("this kernel has no Landlock for TCP, which came with its version 4")
    assert tried["connect"] == "PermissionError"


def test_without_landlock_the_interpreter_refuses_what_python_opens(house: House) -> None:
    tried = house.attempts("interpreter")
    assert tried["guard"] == "interpreter"
    assert tried["own store"] == "opened"
    assert refused(tried["python"])
    assert refused(tried["write"])


def test_the_worker_is_confined_before_it_renders(house: House) -> None:
    """Rendering code that asks for the warehouse is refused in the very process that
    renders.
    """
    out = house.project.outputs / "out"
    out.mkdir(exist_ok=True)
    store = house.project.store(ROUND, "thb", "public")
    order = Order(ROOT, store.resolve(), out.resolve(), ROUND, "thb", "public")
    done = Apart(rendering, order, house.project.warehouse).end()
    assert done.code == 1
    assert "PermissionError" in done.noise


def rendering(tell: Callable[[str], None], order: Order, warehouse: Path) -> None:
    """In that process: what renders opens something else."""
    worker.make_document = lambda _: warehouse.read_bytes()  # type: ignore[assignment]
    worker.render_apart(tell, order)
