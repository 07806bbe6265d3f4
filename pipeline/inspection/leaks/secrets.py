"""Which words may never be in a version that leaves the house? Collected from the
restricted inputs of its round.

Taken are notes of cells, texts of findings, all that covers say, names of files of
returns, and sentences of narratives that the version did not read. What contracts, code
lists, templates of the version, listed sources, cleared texts or the report's own code
say as well is public, and so is a phrase with fewer than `words.SHORTEST` letters and
digits or hardly any letters (`words.canaries`): it would be found where nothing leaked.
"""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.contracts.layout import SOURCE_FIELD
from pipeline.contracts.model import load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.contracts.sources import Sources
from pipeline.inspection.readback.values import read_register
from pipeline.inspection.readback.wording import public_texts, split_narratives
from pipeline.inspection.readback.words import canaries
from pipeline.project import Project
from pipeline.returns.cases import load_cases, secret_texts
from pipeline.returns.cleared import sources_of
from pipeline.returns.meetings.papers import texts_of
from pipeline.returns.meetings.recorded import decisions
from pipeline.system.files import name_as_text
from pipeline.system.kept import open_database

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n\s*\n|\n- |\[\[.+?\]\]|\{\w+\}", re.DOTALL)
_LONG_TEXT = 40  # letters from which a part of a narrative is no common phrase
_COMMON_USERS = ("root", "user", "runner", "build")


def collect(project: Project, round_: int, report: str, version: str) -> dict[str, str]:
    """The canaries of a version: bare form and text. Reads the restricted store, the
    covers and the narratives.
    """
    read, unread = split_narratives(project.root, report, version=version)
    sources = sources_of(project)
    known = read_register(project.store(round_, report, version))
    public = "\n".join(
        [
            public_texts(project.root, read),
            *(s for s in known.sources if sources.is_for_others(s)),
            *(t for t in known.contributed if sources.is_cleared(t)),
            *known.decided,
        ]
    )
    secrets = {
        *_store(project.store(round_, report, "restricted")),
        *_covers(project, round_, sources),
    }
    secrets |= {name_as_text(f.name) for f in sorted(project.returns.rglob("*")) if f.is_file()}
    contracts = load_contracts(project.contracts)
    rule = load_policy(project.contracts, contracts).version(version)
    for text in secret_texts(load_cases(project, contracts, round_=round_), rule):
        secrets |= {text, *_sentences(text)}
    papers = decisions(project, contracts, round_=round_).papers
    for text in texts_of(papers):  # those that the version tells are public, by its store
        secrets |= {text, *_sentences(text)}
    for text in unread:
        secrets |= set(_sentences(text))
    return canaries(secrets, public)


def machine_names() -> set[str]:
    """Names of this machine and of its user, where they are no common words."""
    names = {socket.gethostname(), socket.gethostname().split(".")[0]}
    with suppress(KeyError, OSError):  # a user without a name has none to give away
        names.add(getpass.getuser())
    return {n for n in names if len(n) > 3 and n.lower() not in (*_COMMON_USERS, "localhost")}


def _store(path: Path) -> Iterator[str]:
    with open_database(path) as connection:
        for query in (
            "select distinct note from cells where note <> ''",
            "select distinct found from findings",
            "select distinct remark from findings where remark <> ''",
            "select distinct definition from sources where definition <> ''",
        ):
            for (text,) in connection.execute(query).fetchall():
                yield from (part for part in (text or "", *re.split(r"; ", text or "")))


def _covers(project: Project, round_: int, sources: Sources) -> Iterator[str]:
    """What covers say, whole and in its parts, but for sources of the list and texts
    that were cleared.
    """
    from pipeline.returns.rules.validated import read_validation

    for file in read_validation(project, round_).files:
        for field, answer in file.cover.items():
            if field.startswith(SOURCE_FIELD):
                yield from (
                    t for t, name in sources.parts(answer) if not name and not sources.is_cleared(t)
                )
            elif not sources.is_cleared(answer):
                yield answer


def _sentences(text: str) -> Iterator[str]:
    for part in _SENTENCE.split(text):
        if sum(c.isalpha() for c in part) >= _LONG_TEXT:
            yield part.strip()
