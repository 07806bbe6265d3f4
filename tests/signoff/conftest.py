"""Offices to work in: one is made of the built reports, every test gets a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from builds import once, shared_folder
from office import Office, build_office

from pipeline.project import Project


@pytest.fixture(scope="session")
def approved_office(built: Project, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """An office in which both versions are approved; tests only read it."""

    def make(folder: Path) -> None:
        build_office(folder, built)
        for version in ("restricted", "public"):
            Office(folder).sign(version)

    return once(shared_folder(tmp_path_factory, worker_id) / "office", make)


@pytest.fixture
def office(approved_office: Path, tmp_path: Path) -> Office:
    """A copy of it, to be worked in."""
    return Office(Path(shutil.copytree(approved_office, tmp_path / "office", symlinks=True)))


@pytest.fixture(scope="session")
def released_office(approved_office: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """An office that released both versions and handed out copies of the restricted one; tests only read it."""

    def make(folder: Path) -> None:
        shutil.copytree(approved_office, folder, symlinks=True)
        office = Office(folder)
        for version in ("restricted", "public"):
            office.done("release", VERSION=version, ROLE="director", DATE="2023-05-05")
        people = "name,organisation\nAna Pop,Ministry of Interior of RO\nНиколай Димитров,ГДБОП\nΜαρία Κ.,ΕΛ.ΑΣ.\n"
        (folder / "outputs" / "recipients.csv").write_text(people, encoding="utf-8")
        office.done("copies", RECIPIENTS="outputs/recipients.csv", DATE="2023-05-06")

    return once(shared_folder(tmp_path_factory, worker_id) / "released", make)
