"""Does the bill of materials list what the pipeline runs with, each with licence and
hashes, and the same each time?
"""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from types import ModuleType
from typing import Any

import pytest
from builds import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    pytest.importorskip("cyclonedx")
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "tools" / "sbom.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["sbom"] = module  # its dataclasses look for it there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bill(sbom: ModuleType) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(sbom.bill_of_materials(LOCK, PROJECT))
    return content


def test_it_lists_what_the_lock_pins_and_nothing_else(
    bill: dict[str, Any], sbom: ModuleType
) -> None:
    pinned = dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", LOCK, re.MULTILINE))
    assert {c["name"]: c["version"] for c in bill["components"]} == {
        sbom.normal(n): v for n, v in pinned.items()
    }
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == PROJECT["name"]


def test_each_library_has_a_licence_its_hashes_and_an_address(bill: dict[str, Any]) -> None:
    for component in bill["components"]:
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
        (licence,) = component["licenses"]
        assert (
            licence.get("expression") or licence["license"].get("id") or licence["license"]["name"]
        )
        hashes = [h["content"] for h in component["hashes"]]
        assert hashes
        assert all(f"--hash=sha256:{h}" in LOCK for h in hashes)
    assert sum(len(c["hashes"]) for c in bill["components"]) == len(
        set(re.findall(r"sha256:(\w+)", LOCK))
    )


def test_what_needs_what_leads_from_the_project_to_each_library(
    bill: dict[str, Any], sbom: ModuleType
) -> None:
    needs = {d["ref"]: set(d.get("dependsOn", ())) for d in bill["dependencies"]}
    direct = {sbom.normal(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert needs[PROJECT["name"]] >= direct
    reached: set[str] = set()
    open_ = [PROJECT["name"]]
    while open_:
        for library in needs[open_.pop()] - reached:
            reached.add(library)
            open_.append(library)
    assert reached == {c["name"] for c in bill["components"]}


def test_the_same_lock_gives_the_same_bytes_and_names_no_machine(sbom: ModuleType) -> None:
    first = sbom.bill_of_materials(LOCK, PROJECT)
    assert first == sbom.bill_of_materials(LOCK, PROJECT)
    assert b"timestamp" not in first
    assert str(ROOT).encode() not in first
    assert (
        json.loads(first)["serialNumber"]
        != json.loads(
            sbom.bill_of_materials(LOCK.replace("--find-links", "# --find-links"), PROJECT)
        )["serialNumber"]
    )


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        ("", "nothing is pinned"),
        ("babel>=2\n", "is not pinned"),
        ("babel==2.18.0\n    # via x\n", "is not pinned to a version with hashes"),
        (f"no-such-library==1.0 \\\n    --hash=sha256:{'0' * 64}\n", "is not installed"),
        (f"babel==0.1 \\\n    --hash=sha256:{'0' * 64}\n", "is installed, the lock says 0.1"),
    ],
)
def test_a_lock_that_does_not_fit_is_refused_with_a_sentence(
    lock: str, says: str, sbom: ModuleType
) -> None:
    with pytest.raises(sbom.LockError, match=re.escape(says)):
        sbom.bill_of_materials(lock, PROJECT)


def test_the_command_writes_it(
    sbom: ModuleType, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sbom.main([str(tmp_path / "new" / "sbom.json")]) == 0
    assert re.search(r"sbom.json: [0-9]+ libraries", capsys.readouterr().out)
    assert (tmp_path / "new" / "sbom.json").read_bytes() == sbom.bill_of_materials(LOCK, PROJECT)


def test_every_library_that_the_project_asks_for_is_imported_by_the_pipeline() -> None:
    imported: set[str] = set()
    for file in (ROOT / "pipeline").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Import(names=names):
                    imported |= {n.name.split(".")[0] for n in names}
                case ast.ImportFrom(module=str(name)):
                    imported.add(name.split(".")[0])
    libraries = packages_distributions()
    given = {canonicalize_name(d) for m in imported for d in libraries.get(m, ())}
    asked = {canonicalize_name(Requirement(d).name) for d in PROJECT["dependencies"]}
    assert asked - given == set()
    assert "duckdb" in asked & given
