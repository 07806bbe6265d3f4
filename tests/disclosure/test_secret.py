"""Does nobody outside know how the choice falls, and does it fall the same way again?
The secret of the register.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from builds import ROOT
from small_tables import true_cells, with_region

from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.disclosure.choose.decide import Chooser
from pipeline.disclosure.choose.prices import BAND, order_of, priced
from pipeline.disclosure.choose.system import PublishedEdition
from pipeline.disclosure.register import as_known_on
from pipeline.disclosure.secret import SECRET, secret_of, secret_path
from pipeline.errors import UserError
from pipeline.numbers.true_cells import TrueCell
from pipeline.project import Project

DAY = date(2023, 5, 1)
ONE, OTHER = (hashlib.sha256(text).digest() for text in (b"one", b"other"))
# States with figures much alike: which of them is withheld beside a small one is nearly
# the same to a reader.
STATES = ("AL", "BA", "BG", "GR", "HU", "MD", "ME", "MK", "RO", "RS", "TR")


def rounds() -> dict[str, TrueCell]:
    lines = ["key | value"]
    for stage, years in (("CONV", (2018, 2019, 2020)), ("PROS", (2020, 2021, 2022))):
        for year in years:
            for place, state in enumerate(STATES):
                count = 3 if place == year % 11 else 40 + place
                lines.append(f"THB_PERSONS:{state}.{year}.{stage}._T | {count}")
    return with_region(true_cells("\n".join(lines)), 2018, 2022)


def chosen(
    contracts: Contracts, secret: bytes, editions: tuple[PublishedEdition, ...] = ()
) -> Chooser:
    policy = load_policy(ROOT / "data_contracts", contracts)
    return Chooser(
        rounds(),
        editions,
        contracts=contracts,
        policy=policy,
        version=policy.version("public"),
        round_=2022,
        day=DAY,
        secret=secret,
    )


class TestKept:
    def test_it_is_drawn_once_and_only_its_owner_reads_it(self, project: Project) -> None:
        drawn = secret_of(project)
        path = secret_path(project)
        assert path.relative_to(project.releases) == Path("restricted") / SECRET
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(drawn) == 32
        assert secret_of(project) == drawn

    def test_another_register_has_another(self, project: Project, tmp_path: Path) -> None:
        other = replace(project, releases_folder=tmp_path / "elsewhere")
        assert secret_of(other) != secret_of(project)

    @pytest.mark.parametrize("content", ["", "x" * 64 + "\n", "ab" * 31 + "\n", "ab" * 32])
    def test_what_is_no_secret_is_refused(self, project: Project, content: str) -> None:
        secret_of(project)
        secret_path(project).write_text(content, encoding="ascii")
        with pytest.raises(UserError, match="the secret of the choice was changed") as problem:
            secret_of(project)
        assert SECRET in str(problem.value)

    def test_a_build_as_of_a_day_has_the_same(self, project: Project, tmp_path: Path) -> None:
        then = replace(project, releases_folder=tmp_path / "then")
        drawn = secret_of(project)
        as_known_on(project, date(2023, 1, 1), folder=then.releases)
        assert secret_of(then) == drawn
        assert secret_path(then).stat().st_mode & 0o777 == 0o600


class TestUsed:
    def test_prices_are_raised_within_the_band_by_secret_edition_and_cell(
        self, contracts: Contracts
    ) -> None:
        plain = chosen(contracts, b"").system
        raised = priced(plain, ONE, edition="public-2022").loss / plain.loss
        open_ = np.isfinite(raised)
        assert raised[open_].min() >= 1
        assert 1 + BAND / 2 < raised[open_].max() <= 1 + BAND
        assert len(np.unique(raised[open_])) == open_.sum()
        again = priced(plain, ONE, edition="public-2022").loss
        assert np.array_equal(again, priced(plain, ONE, edition="public-2022").loss)
        for secret, edition in ((OTHER, "public-2022"), (ONE, "public-2023")):
            assert not np.array_equal(again, priced(plain, secret, edition=edition).loss)
        assert order_of(ONE, edition="public-2022") != order_of(OTHER, edition="public-2022")

    def test_the_same_secret_gives_the_same_pattern_and_another_one_another(
        self, contracts: Contracts
    ) -> None:
        first = chosen(contracts, ONE).decision()
        assert chosen(contracts, ONE).decision() == first
        others = [chosen(contracts, hashlib.sha256(bytes([n])).digest()).decision() for n in (1, 2)]
        assert any(other.shown != first.shown for other in others)
        plain = chosen(contracts, b"").decision()
        for other in (first, *others):
            assert len(other.shown) >= 0.9 * len(plain.shown)

    def test_an_edition_keeps_its_pattern_where_the_secret_is_lost(
        self, contracts: Contracts
    ) -> None:
        first = chosen(contracts, ONE).decision()
        edition = PublishedEdition("public-thb-2022-1", rounds(), first.shown)
        for secret in (OTHER, b""):
            assert chosen(contracts, secret, (edition,)).decision().shown == first.shown


@pytest.mark.slow
def test_no_output_holds_the_secret(small_built: Path) -> None:
    project = Project(small_built)
    written = secret_path(project).read_bytes().strip()
    looked_at = [p for p in project.outputs.rglob("*") if p.is_file()]
    looked_at += [p for p in project.records.rglob("*") if p.is_file() and p.name != SECRET]
    assert looked_at
    for path in looked_at:
        content = path.read_bytes()
        assert written not in content, path
        assert bytes.fromhex(written.decode()) not in content, path
