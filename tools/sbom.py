"""What is the pipeline made of? Writes the libraries that it runs with as a bill of
materials in CycloneDX, as JSON.

Use: python tools/sbom.py [OUTPUT]. What is pinned in requirements.lock is listed with
its version, the hashes of the files that the lock admits, its licence as the installed
library states it, and what needs it. The same lock gives the same bytes. The result is
checked against the schema of CycloneDX before it is written.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).parents[1]
SCHEMA = SchemaVersion.V1_6
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# Libraries that state their licence in the words of the index only, and in no name of
# SPDX.
_CLASSIFIERS = {
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": (
        "LGPL-2.1-or-later"
    ),
    "License :: OSI Approved :: GNU Library or Lesser General Public License (LGPL)": (
        "LGPL-2.1-or-later"
    ),
}
_LONGEST_NAME = 60  # characters


class LockError(Exception):
    """The lock and what is installed do not fit together: a sentence for the person at
    the keyboard.
    """


@dataclass(frozen=True)
class Pinned:
    """A library as the lock pins it: hashes of the files that may be installed, and
    what needs it.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]


def read_lock(text: str) -> list[Pinned]:
    """The libraries of a lock, in its order. Raises LockError where a line pins none,
    or has no hash.
    """
    found = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", "\n" + text):
        block = block.strip("\n")
        if not block or block.startswith(("#", "-")):
            continue
        match = _PINNED.match(block)
        hashes = tuple(sorted(set(_HASH.findall(block))))
        if not match or not hashes:
            raise LockError(f"{block.splitlines()[0]}: is not pinned to a version with hashes")
        found.append(
            Pinned(normal(match["name"]), match["version"], hashes, tuple(_needed_by(block)))
        )
    if not found:
        raise LockError("nothing is pinned")
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _needed_by(block: str) -> Iterator[str]:
    for line in block.splitlines():
        said = line.strip().removeprefix("#").strip().removeprefix("via").strip()
        if line.strip().startswith("#") and said and not said.startswith(("-", "The ")):
            yield normal(said.split(" ")[0])


def licence_of(found: PackageMetadata) -> str:
    """The licence that a library states: an expression of SPDX where there is one,
    otherwise its own words.
    """
    if "License-Expression" in found:
        return found["License-Expression"]
    classifiers = [c for c in found.get_all("Classifier") or () if c.startswith("License :: ")]
    known = sorted({_CLASSIFIERS[c] for c in classifiers if c in _CLASSIFIERS})
    if known:
        return " OR ".join(known)
    stated = " ".join(found["License"].split()) if "License" in found else ""
    # a longer one is the text of the licence
    if stated and len(stated) <= _LONGEST_NAME and stated != "UNKNOWN":
        return stated
    return classifiers[0].rsplit(" :: ", 1)[1] if classifiers else ""


def bill_of_materials(lock: str, project: dict[str, Any]) -> bytes:
    """The bill of what a lock pins, for the project that `pyproject.toml` describes.
    Raises LockError.
    """
    pinned = read_lock(lock)
    name = normal(project["name"])
    root = Component(
        name=name,
        version=project["version"],
        type=ComponentType.APPLICATION,
        bom_ref=name,
        description=project["description"],
        licenses=[LicenseFactory().make_from_string("MIT")],
    )
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, f"{project['version']}\n{lock}"))
    bom.metadata.component = root
    bom.metadata.properties.add(
        Property(
            name="selec:hashes",
            value="SHA-256 of each distribution file that requirements.lock admits",
        )
    )
    components = {p.name: _component(p) for p in pinned}
    for component in components.values():
        bom.components.add(component)
    needs: dict[str, set[str]] = {name: set(), **{n: set() for n in components}}
    for library in pinned:
        for user in library.needed_by:
            needs.setdefault(user, set()).add(library.name)
    for user, needed in needs.items():
        if user in (name, *components):
            bom.register_dependency(
                components.get(user, root), [components[n] for n in sorted(needed)]
            )
    content = json.loads(make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string())
    content["metadata"].pop("timestamp", None)  # the same lock, the same bytes
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if problem := JsonStrictValidator(SCHEMA).validate_str(text):
        raise LockError(f"the bill does not fit the schema of CycloneDX: {problem}")
    return text.encode()


def _component(library: Pinned) -> Component:
    try:
        found = metadata(library.name)
    except PackageNotFoundError:
        raise LockError(
            f"{library.name} is not installed, so its licence is not known: run 'make sbom'"
        ) from None
    if found["Version"] != library.version:
        raise LockError(
            f"{library.name} {found['Version']} is installed, the lock says {library.version}"
        )
    licence = licence_of(found)
    if not licence:
        raise LockError(f"{library.name} states no licence")
    return Component(
        name=library.name,
        version=library.version,
        type=ComponentType.LIBRARY,
        bom_ref=library.name,
        purl=PackageURL("pypi", None, library.name, library.version),
        licenses=[_licence(licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=h) for h in library.hashes],
    )


def _licence(text: str) -> License:
    return LicenseFactory().make_from_string(text)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("output", type=Path, nargs="?", default=ROOT / "outputs" / "sbom.json")
    given = parser.parse_args(arguments)
    try:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        content = bill_of_materials(
            (ROOT / "requirements.lock").read_text(encoding="utf-8"), project
        )
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_bytes(content)
    except (LockError, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    number = len(json.loads(content)["components"])
    print(f"{given.output}: {number} libraries")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
