"""Can a scheduler use what is written for it, wherever the folder lies, and is a service
bound as far as a run lets it?
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from builds import ROOT
from mail_server import Post, serving, settings

from pipeline.contracts.mail import load_mail
from pipeline.contracts.model import Contracts
from pipeline.contracts.operations import Operations
from pipeline.errors import MailError, UserError
from pipeline.project import Project
from pipeline.release.operations.notice import notice_of, send_notice
from pipeline.release.operations.runs import StepRun, read_runs, recorded
from pipeline.release.operations.schedule import FILES, schedule_files, write_schedule

SETTINGS = Operations(("public",), 60, 100, 5, "05:07", 90, "3G")
# What stands in the names of folders of ministries, and what schedulers read otherwise.
ODD = ("plain", "Отчёты SELEC št 1", "100% sure", "a$HOME`b`", "x=1; y & {z}")


@pytest.fixture(params=ODD)
def moved(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A working copy elsewhere, with a command that says where and how it was called."""
    root = tmp_path / request.param
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / "templates").symlink_to(ROOT / "templates")
    script = root / ".venv" / "bin" / "selec"
    script.write_text('#!/bin/sh\npwd\necho "$@"\necho "$SELEC_RETURNS"\n', encoding="utf-8")
    script.chmod(0o755)
    return Project(root)


def written(project: Project, folder: Path) -> Path:
    files = schedule_files(project, SETTINGS, zone="Europe/Bucharest", user="daemon")
    assert [p.name for p in write_schedule(project, files, folder=folder)] == list(FILES)
    return folder


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_takes_the_units_without_a_word(moved: Project, tmp_path: Path) -> None:
    folder = written(moved, tmp_path / "units")
    units = [str(folder / name) for name in FILES if name != "crontab"]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
@pytest.mark.parametrize(("name", "most"), [("selec.service", 1.2), ("selec-failed.service", 2.5)])
def test_a_service_is_bound(tmp_path: Path, name: str, most: float) -> None:
    """As systemd counts the exposure of a service, from 0 to 10."""
    folder = written(Project(ROOT, tmp_path / "outputs"), tmp_path / "units")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(folder / name)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= most


def test_a_run_has_no_network_and_writes_to_its_folders_only(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", releases_folder=tmp_path / "safe")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "templates").symlink_to(ROOT / "templates")
    text = schedule_files(project, SETTINGS, zone="UTC", user="selec")["selec.service"]
    given = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"[A-Z]\w+=", line))
    assert given["PrivateNetwork"] == "yes"
    assert given["ProtectSystem"] == "strict"
    assert given["MemoryMax"] == "3G"
    assert given["TimeoutStartSec"] == "90min"
    assert given["OnFailure"] == "selec-failed.service"
    folders = [tmp_path / "p" / "outputs", tmp_path / "p" / "records", tmp_path / "safe"]
    assert given["ReadWritePaths"] == " ".join(f'"{folder}"' for folder in folders)


def test_the_timer_catches_up_in_the_zone_of_the_calendar(tmp_path: Path) -> None:
    text = written(Project(ROOT, tmp_path / "outputs"), tmp_path).joinpath("selec.timer")
    lines = text.read_text(encoding="utf-8").splitlines()
    assert "OnCalendar=*-*-* 05:07 Europe/Bucharest" in lines
    assert "Persistent=true" in lines


def test_the_line_for_cron_runs_in_its_folder(
    moved: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    returns = tmp_path / "what is sent, 50%"
    returns.mkdir()
    monkeypatch.setenv("SELEC_RETURNS", str(returns))
    lines = written(moved, tmp_path / "units").joinpath("crontab").read_text(encoding="utf-8")
    (line,) = [line for line in lines.splitlines() if not line.startswith("#")]
    when, command = re.fullmatch(r"((?:\S+ ){5})(.*)", line).groups()  # type: ignore[union-attr]
    assert when == "7 5 * * * "
    assert not re.search(r"(?<!\\)%", command)  # cron would end the line there
    done = subprocess.run(
        ["/bin/sh", "-c", command.replace("\\%", "%")],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [str(moved.root), "run", str(returns)]


def test_the_folders_that_a_run_writes_to_are_there(tmp_path: Path) -> None:
    project = Project(ROOT, tmp_path / "outputs")
    written(project, tmp_path / "units")
    for folder in (project.outputs, project.records, project.releases):
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["two\nlines", "a\tb", "e\x1bf", "it's", 'a "b"', "back\\slash"])
def test_a_name_that_no_scheduler_takes_is_refused(tmp_path: Path, name: str) -> None:
    project = replace(Project(ROOT, tmp_path / "outputs"), releases_folder=tmp_path / name)
    with pytest.raises(UserError, match="no scheduler takes"):
        schedule_files(project, SETTINGS, zone="UTC", user="selec")


def failed_run(project: Project) -> None:
    with suppress(SystemExit), recorded(project, "run 2022", round_=2022) as record:
        record.step(StepRun("validate 2022", 1, 2))
        record.step(StepRun("numbers 2022", 2, 3, code=4, error="CheckError"))
        record.tell("figures of RO: 4711")
        raise SystemExit(4)


def test_a_notice_says_what_failed_and_no_figure(project: Project) -> None:
    failed_run(project)
    told = "\n".join(notice_of(read_runs(project)[0]))
    assert told.startswith("run 2022: exit code 4\n")
    assert "failed: numbers 2022, exit code 4, CheckError" in told
    assert "4711" not in told


def test_operators_are_written_to(project: Project, contracts: Contracts, tmp_path: Path) -> None:
    failed_run(project)
    post = Post()
    with serving(post) as port:
        path = settings(tmp_path, port, security="none")
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        content["operators"] = ["operator@selec.example"]
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        schema = ROOT / "data_contracts" / "mail.schema.json"
        shutil.copy(schema, tmp_path)
        mail = load_mail(tmp_path, contracts)
        assert mail
        assert send_notice(read_runs(project)[0], mail) == []
        post.refuses = frozenset(mail.operators)
        with pytest.raises(MailError, match="550 no such mailbox"):
            send_notice(read_runs(project)[0], mail)
    (message,) = post.messages()
    assert message["To"] == "operator@selec.example"
    assert message["Subject"] == "SELEC reporting: run 2022, exit code 4"
    assert "CheckError" in message.get_content()
    assert "4711" not in str(message)


def test_the_environment_of_the_one_who_writes_it_is_taken_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SELEC_RETURNS", "sent")
    monkeypatch.setenv("SELEC_SIGN_KEY", "secret")
    files = schedule_files(
        Project(ROOT, tmp_path / "outputs"), SETTINGS, zone="UTC", user=os.environ.get("USER", "x")
    )
    assert f'"SELEC_RETURNS={tmp_path}/sent"' in files["selec.service"]
    assert not any("SIGN_KEY" in text for text in files.values())
