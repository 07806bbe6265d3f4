"""What does the annex on method say of the release? The texts that fit the policy's row
of a version.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.contracts.policy import Policy

PUBLIC = "public"


@dataclass(frozen=True)
class ReleaseTexts:
    """Sections of the narrative on method, the version they speak of, those that its
    readers have as well, and the readers who know figures anyway, against whom it is
    proven.
    """

    version: str
    sections: tuple[str, ...]
    others: str
    against: str


def release_texts(policy: Policy, version: str) -> ReleaseTexts:
    """A version that withholds nothing tells what the public one shows. Raises
    UserError for an unknown version.
    """
    rule = policy.version(version)
    if not rule.protected:
        rule = policy.version(PUBLIC)
    sections = ["release" if rule.hides_small_counts else "release-small-shown"]
    if rule.needs_consent:
        sections.append("release-consent")
    if rule.readers_have:
        sections.append("release-readers")
    sections.append("release-holders" if rule.holders else "release-no-holders")
    others = " and the ".join(rule.readers_have)
    return ReleaseTexts(rule.name, tuple(sections), others, "; ".join(rule.proven_against))
