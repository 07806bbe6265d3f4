"""Does veraPDF find a failed rule of PDF/UA-1 or PDF/A-3a? Needs Java, and Maven once;
nothing of Python but itself.

    python3 tools/check_pdf.py FILE_OR_FOLDER [...]

veraPDF is fetched from Maven Central into .build/verapdf (SELEC_VERAPDF names another
folder) and used only when it is the file of tools/verapdf/SHA256SUMS; once it is there,
no network is asked. Every PDF must say of itself that it is both, and is then checked
against both. An encrypted one fails: PDF/A does not allow it. Exit code 0 when no rule
failed, 1 with the failed rules named, 2 when nothing could be checked.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
POM = HERE / "verapdf" / "pom.xml"
SUMS = HERE / "verapdf" / "SHA256SUMS"
MAIN = "org.verapdf.apps.GreenfieldCliWrapper"
PROFILES = {"PDF/UA-1": "PDF/UA-1 validation profile", "PDF/A-3a": "PDF/A-3A validation profile"}
PREVIEWS = "preview"  # the folder of a round in which chapters lie that are no report
PACKAGES = {"java": "default-jre-headless", "mvn": "maven"}


class CannotCheck(Exception):
    """Nothing was checked: what is missing, and what to do."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Check PDFs against PDF/UA-1 and PDF/A-3a with veraPDF."
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    given = parser.parse_args(arguments)
    try:
        files = find(given.paths)
        report = ask(fetch(), files)
        failed = 0
        for file, (seconds, lines) in judge(report, files).items():
            print(f"{'FAILED' if lines else 'passed'}  {file}  ({seconds:.1f} s)")
            for line in lines:
                print(f"  {line}")
            failed += bool(lines)
    except CannotCheck as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    print(f"{len(files)} PDFs checked against {' and '.join(PROFILES)}: {failed} with failed rules")
    return 1 if failed else 0


def find(paths: Iterable[Path]) -> list[Path]:
    """The files, and every finished PDF below the folders. Raises CannotCheck where a
    path gives none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        every = (p for p in sorted(path.rglob("*.pdf")) if p.is_file())
        below = [p for p in every if not any(map(_is_unfinished, p.relative_to(path).parts))]
        files = below if path.is_dir() else [path] if path.is_file() else []
        if not files:
            raise CannotCheck(
                f"there is no PDF: {path}\n  to do: build the reports first: make reports"
            )
        found |= dict.fromkeys(file.resolve() for file in files)
    return list(found)


def _is_unfinished(folder: str) -> bool:
    """Whether what lies there is no report: half-made, or a chapter that is looked at."""
    return folder.startswith(".") or folder == PREVIEWS


def fetch() -> list[Path]:
    """The files of veraPDF, fetched where they are not there yet. Raises CannotCheck
    when they are not the pinned.
    """
    require("java")
    folder = Path(os.environ.get("SELEC_VERAPDF") or HERE.parent / ".build" / "verapdf")
    pinned = {
        name: digest for digest, name in (line.split() for line in SUMS.read_text().splitlines())
    }
    jars = [folder / name for name in pinned]
    if not all(jar.is_file() for jar in jars):
        require("mvn")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            command = [
                "mvn",
                "-B",
                "-q",
                "-ntp",
                "--strict-checksums",
                "-f",
                str(POM),
                "dependency:copy-dependencies",
            ]
            done = subprocess.run(
                [*command, f"-DoutputDirectory={fresh}"], capture_output=True, text=True
            )
            if done.returncode or not all((Path(fresh) / name).is_file() for name in pinned):
                raise CannotCheck(
                    f"Maven could not fetch veraPDF:\n{done.stdout}{done.stderr}\n  to do: run it"
                    f" where Maven Central can be reached, or copy {', '.join(pinned)} to {folder}"
                )
            for jar in jars:
                os.replace(Path(fresh) / jar.name, jar)
    for jar in jars:
        if hashlib.sha256(jar.read_bytes()).hexdigest() != pinned[jar.name]:
            raise CannotCheck(
                f"{jar} is not the file that {SUMS} names\n  to do: remove it, and run this again"
            )
    return jars


def require(program: str) -> None:
    if not shutil.which(program):
        raise CannotCheck(
            f"{program} is not installed: veraPDF needs Java, and Maven to be fetched\n"
            f"  to do: ask an administrator to run: apt-get install {' '.join(PACKAGES.values())}"
        )


def ask(jars: list[Path], files: list[Path]) -> dict[str, Any]:
    """The report of veraPDF, all files in one run. What it writes beside is private,
    and gone afterwards.
    """
    with tempfile.TemporaryDirectory() as scratch:
        java = ["java", "-XX:+UseSerialGC", "-Djava.awt.headless=true"]
        java += [f"-D{name}={scratch}" for name in ("java.io.tmpdir", "user.home", "app.home")]
        options = [
            "--format",
            "json",
            "--loglevel",
            "0",
            "--maxfailuresdisplayed",
            "1",
            "--nonpdfext",
        ]
        # 0 stands for what a file says of itself: read once, checked against both.
        options += ["--flavour", "0"]
        told = Path(scratch) / "arguments"
        told.write_text("\n".join([*options, *map(str, files)]) + "\n", encoding="utf-8")
        command = [
            *java,
            "-Dfile.encoding=UTF-8",
            "-cp",
            os.pathsep.join(map(str, jars)),
            MAIN,
            f"@{told}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=scratch)
    try:
        report: dict[str, Any] = json.loads(done.stdout)["report"]
    except (ValueError, KeyError) as problem:
        said = f"{done.stdout}{done.stderr}".strip()[-2000:]
        raise CannotCheck(
            f"veraPDF gave no report, it ended with {done.returncode}\n{said}"
        ) from problem
    return report


def judge(report: dict[str, Any], files: list[Path]) -> dict[Path, tuple[float, list[str]]]:
    """By file the seconds it took and what is wrong with it; a file or standard that
    was not checked is wrong.
    """
    jobs = {Path(job["itemDetails"]["name"]).resolve(): job for job in report["jobs"]}
    judged = {}
    for file in files:
        job = jobs.get(file, {})
        results = {result["profileName"]: result for result in job.get("validationResult", [])}
        lines: list[str] = []
        for standard in PROFILES:
            result = results.get(PROFILES[standard])
            if (
                result is None
                or result["jobEndStatus"] != "normal"
                or not result["details"]["passedRules"]
            ):
                lines.append(f"{standard}: not checked. {_why(job, results)}")
            else:
                lines += (f"{standard}: {line}" for line in _failed_rules(result))
        judged[file] = (job.get("processingTime", {}).get("difference", 0) / 1000, lines)
    return judged


def _why(job: dict[str, Any], results: dict[str, Any]) -> str:
    if problem := job.get("taskException") or job.get("taskResult"):
        return f"veraPDF says: {problem.get('exceptionMessage') or json.dumps(problem)[:500]}"
    return (
        "The file does not say that it is that; it was checked as:"
        f" {', '.join(results) or 'nothing'}"
    )


def _failed_rules(result: dict[str, Any]) -> Iterator[str]:
    details = result["details"]
    for rule in details["ruleSummaries"]:
        first = rule["checks"][0] if rule.get("checks") else {}
        where = f"{rule['specification']}, clause {rule['clause']}, test {rule['testNumber']}"
        yield (
            f"{where}, {rule['failedChecks']} times: {rule['description']}\n"
            f"    first: {first.get('errorMessage', '')} {first.get('context', '')}"
        )
    if not details["ruleSummaries"] and not result["compliant"]:
        yield f"not compliant, and no rule is named: {json.dumps(details)[:500]}"


if __name__ == "__main__":
    sys.exit(main())
