"""Are the settings of runs read whole, and is each wrong one told with its line?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from builds import ROOT

from pipeline.contracts.lint import lint_project
from pipeline.contracts.model import Contracts
from pipeline.contracts.operations import FILES, OPERATIONS, load_operations
from pipeline.contracts.policy import Policy, load_policy
from pipeline.errors import ContractError
from pipeline.project import Project


@pytest.fixture(scope="module")
def policy(contracts: Contracts) -> Policy:
    return load_policy(ROOT / "data_contracts", contracts)


def changed(folder: Path, old: str, new: str) -> Path:
    for name in FILES:
        text = (ROOT / "data_contracts" / name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / OPERATIONS
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def test_the_settings_of_the_project_build_every_version(policy: Policy) -> None:
    settings = load_operations(ROOT / "data_contracts", policy)
    assert set(settings.versions) == set(policy.versions)
    assert settings.keep_last > 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("partner, public]", "partner, secret]", "line 3.*'secret' is no version"),
        ("wait: 60", "wait: -1", "wait"),
        ("wait: 60", "wait: soon", "wait"),
        ("memory: 4G", "memory: 4G\\nExecStart=/bin/sh", "memory"),
        ('at: "05:30"', 'at: "05:30\\nUser=root"', "at"),
        ('at: "05:30"', 'at: "24:00"', "at"),
        ("minutes: 120", "minutes: 120\n  hours: 2", "hours"),
        ("keepLast: 50", "keepLast: 0", "keepLast"),
    ],
)
def test_a_wrong_setting_is_told(
    tmp_path: Path, policy: Policy, old: str, new: str, told: str
) -> None:
    with pytest.raises(ContractError, match=told):
        load_operations(changed(tmp_path, old, new), policy)


def test_a_version_with_an_hour_of_release_is_one_that_runs_build(tmp_path: Path) -> None:
    folder = tmp_path / "data_contracts"
    shutil.copytree(ROOT / "data_contracts", folder)
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    (folder / "calendar.yaml").write_text(
        "zone: Europe/Bucharest\nrounds:\n  - {round: 2022, report: octa, opens: 2023-01-10,"
        " due: 2023-03-31, cutoff: 2023-04-30,"
        " release: {public: 2023-06-01 10:00, partner: 2023-06-01 09:00}}\n",
        encoding="utf-8",
    )
    [*lint_project(Project(tmp_path))]
    changed(folder, "restricted, partner, public]", "restricted, public]")
    with pytest.raises(ContractError, match=r"hour of release for the partner .* octa 2022;") as w:
        [*lint_project(Project(tmp_path))]
    assert "public version" not in str(w.value)
