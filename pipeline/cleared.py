"""Which texts of senders may be printed for others? Those that somebody of the Center cleared, each by its hash.

`releases/cleared.jsonl` is a chain of signed events (`pipeline.chain`): a text was cleared, or its clearance was taken
back. A text is cleared as it stands, letter for letter: another one has another hash and waits again.
"""

from __future__ import annotations

from pipeline.contracts.sources import Sources, load_sources
from pipeline.project import Project


def sources_of(project: Project) -> Sources:
    """The Center's list of sources with the texts that were cleared."""
    return load_sources(project.codelists)
