"""What would a build do, and why?

A line a step, in the words of who changed something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from pipeline.steps.plan import Change, Plan

NOTHING = "nothing to do"
_MOST = 3  # reasons told of a step
# What is called otherwise than by its path.
_NAMED = (
    (r"returns/(?P<round>\d+)/(?P<report>[a-z]+)/(?P<file>[^/]+)", "return {file} of {report}"),
    (r"returns/.*queries\.(?:csv|jsonl)", "the log of queries"),
    (r"templates/(?:\w+)/(?:narrative|chapters)/(?P<name>[\w-]+)\.[\w.]+", "chapter {name}"),
    (r"(?P<file>templates/\w+/exhibits\.yaml): (?P<name>.+)", "exhibit {name}"),
    (r"(?P<file>[\w/.]+\.yaml): (?P<name>.+)", "{name}"),
    (r"templates/shared/web/style\.css", "the web style"),
    (r"templates/shared/\w+\.css", "the page style"),
    (r"templates/locale/(?P<language>\w+)/.*", "the catalogue of {language}"),
    (r"data_contracts/(?P<name>\w+)\.odcs\.yaml", "the contract of {name}"),
    (r"data_contracts/release_policy\..*", "the release policy"),
    (r"data_contracts/known_errors\..*", "the register of known errors"),
    (r"data_contracts/feedback\.yaml", "what is asked of states beside the figures"),
    (r"data_contracts/codelists/(?P<name>[\w/]+)\.csv", "list {name}"),
    (r"requirements\.lock", "the libraries"),
    (r"pipeline/.*", "code"),
    (r"sql/.*", "a model"),
    (r".*/stores/(?P<version>\w+)/\w+\.sha256", "the {version} store"),
    (r".*/proof/\w+\.json", "its proof"),
    (r"covers of validate \d+", "what covers say"),
    (r"names of returns", "what returns are called"),
    (r".* of (?P<step>\w+ \d+)", "what came of {step}"),
)


def lines_of(plan: Plan) -> list[str]:
    """A line for each step that would be done, or would be if one before it comes to
    another end; one line where there is nothing to do.
    """
    lines = [*_lines(plan)]
    plan.watch.save()
    return lines or [NOTHING]


def _lines(plan: Plan) -> Iterator[str]:
    doing: set[str] = set()
    for step in plan.steps.values():
        changes = plan.changes(step)
        before = [plan.steps[n].title for n in step.after if n in doing]
        if changes:
            yield f"{step.title}: {reasons_of(changes)}"
        elif before:
            yield f"{step.title}: if {_listed(before)} changes what it reads"
        else:
            continue
        doing.add(step.name)


def reasons_of(changes: Iterable[Change]) -> str:
    """Why a step must be done, in a line: the first reasons, and how many more."""
    told = list(dict.fromkeys(_reason(change) for change in changes))
    more = [f"and {len(told) - _MOST} more"] if len(told) > _MOST else []
    return ", ".join([*told[:_MOST], *more])


def _reason(change: Change) -> str:
    """One reason, with the file in brackets where it is not named already."""
    if change.how == "never done":
        return "never done"
    path = re.sub(r" \(bytes\)$", "", change.name)
    for pattern, words in _NAMED:
        if found := re.fullmatch(pattern, path):
            named = words.format(**found.groupdict())
            file = found.groupdict().get("file") or path.split(": ")[0]
            where = f" ({file})" if "/" in file else ""
            where = f" ({path})" if path.startswith("returns/") else where
            return f"{named} {_verb(change)}{where}"
    if change.how == "damaged":
        return f"{PurePosixPath(path).name} is not what was left ({path})"
    return f"{path} {_verb(change)}"


def _verb(change: Change) -> str:
    return {"new": "is new", "gone": "is gone", "damaged": "is not what was left"}.get(
        change.how, "changed"
    )


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
