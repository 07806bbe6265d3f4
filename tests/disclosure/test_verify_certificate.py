"""Does the check of a proof say what is wrong, and what it takes on trust? Small
proofs, and the real ones.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builds import REPORTS, ROUND
from proofs import EDITION, VERIFIER, SmallProof, make_proof, run_verifier

from pipeline.contracts.model import Contracts
from pipeline.disclosure.proof import certificate_path, require_proof, rules_path
from pipeline.errors import DisclosureError
from pipeline.project import Project

WOMEN, MEN = "THB_PERSONS:RO.2022.CONV.F", "THB_PERSONS:RO.2022.CONV.M"


@pytest.fixture
def proof(contracts: Contracts, tmp_path: Path) -> SmallProof:
    return make_proof(tmp_path, contracts)


def test_it_needs_nothing_but_python() -> None:
    text = VERIFIER.read_text(encoding="utf-8")
    imported = {
        n.names[0].name if isinstance(n, ast.Import) else n.module
        for n in ast.walk(ast.parse(text))
        if isinstance(n, (ast.Import, ast.ImportFrom))
    }
    assert {(name or "").split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_it_runs_alone_and_says_what_it_takes_on_trust(proof: SmallProof) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), *proof.arguments(with_truth=False)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "verified: 13 sensitive cells by 5 tables over 9 sums"
    assert lines[1] == "1 of them are less open: earlier editions and senders left no more"
    assert lines[2].startswith("also against each of RO, who know their own figures: ")
    assert lines[3] == "taken on trust:"
    assert f"earlier editions: {EDITION}" in done.stdout
    assert (
        "the 19 withheld figures are the true ones; of them 6 are `<5` of their senders"
        in done.stdout
    )


def test_with_the_true_figures_they_are_no_longer_taken_on_trust(proof: SmallProof) -> None:
    assert "withheld figures are the true ones" not in run_verifier(proof.arguments())[1]


def _no_tables(c: dict[str, Any]) -> None:
    c["tables"] = []


def _drop_table(c: dict[str, Any]) -> None:
    c["tables"] = c["tables"][1:]


def _move_by_one(c: dict[str, Any]) -> None:
    c["tables"][0][WOMEN] = c["tables"][0].get(WOMEN, 0) + 1


def _change_shown(c: dict[str, Any]) -> None:
    c["tables"][0]["THB_PERSONS:RO.2022.CONV._T"] = 1


def _below_one(c: dict[str, Any]) -> None:
    c["tables"].append({WOMEN: -3, MEN: 3})


def _change_base(c: dict[str, Any]) -> None:
    c["base"][MEN] += 1


def _forget_cell(c: dict[str, Any]) -> None:
    del c["base"][MEN]


def _not_sensitive(c: dict[str, Any]) -> None:
    """A small count is said to be none, in a sum that does not hold anyway."""
    c["base"]["THB_PERSONS:RO.2022.SUSP.F"] += 50


def _relax_sum(c: dict[str, Any]) -> None:
    c["at_least"].append([f"THB_PERSONS:RO.2022.CONV.{s}" for s in ("_T", "F", "M", "O", "_U")])


def _drop_sum(c: dict[str, Any]) -> None:
    c["contradicted"].append([f"THB_PERSONS:RO.2022.CONV.{s}" for s in ("_T", "F", "M", "O", "_U")])


def _narrow_without_proof(c: dict[str, Any]) -> None:
    c["ranges"][WOMEN] = {"least": {}, "most": {}}
    c["tables"] = c["tables"][:1]


def _narrow_wrongly(c: dict[str, Any]) -> None:
    ends = c["ranges"]["THB_CONV_CTZ:RO.2021.CY"]
    ends["most"] = dict.fromkeys(ends["most"], "0")


def _revise(c: dict[str, Any]) -> None:
    c["releases"][EDITION]["own"]["THB_CONV_CTZ:RO.2021.CY"] = f"THB_CONV_CTZ:RO.2021.CY@{EDITION}"


def _unsend(c: dict[str, Any]) -> None:
    c["suppressed"].remove("THB_VICTIMS_CTZ:RO.2022.MD")


def _unbind(c: dict[str, Any]) -> None:
    c["statuses"] = {}


def _leave_out(c: dict[str, Any]) -> None:
    c["releases"][""]["left_out"].append("THB_VICTIMS_CTZ:RO.2022.MD")


def _leave_out_another(c: dict[str, Any]) -> None:
    c["releases"][""]["left_out"].append("THB_PERSONS:RO.2022.TRIAL.F")


def _other_version(c: dict[str, Any]) -> None:
    c["version"] = "partner"


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_no_tables, "is not proven"),
        (_drop_table, "is not proven"),
        (_move_by_one, "does not hold"),
        (_change_shown, "which is no hidden cell"),
        (_below_one, f"{WOMEN} is 0"),
        (_change_base, "does not hold"),
        (_forget_cell, f"{MEN} is withheld and not in the proof"),
        (_not_sensitive, "is another figure than the true one"),
        (_relax_sum, "is said not to hold, and its figures do not bear that out"),
        (_drop_sum, "is said not to hold, and its figures do not bear that out"),
        (_narrow_without_proof, f"{WOMEN} is not proven"),
        (_narrow_wrongly, "CY is not proven"),
        (_revise, "is withheld and not in the proof"),
        (_unsend, "is another figure than the true one"),
        (_unbind, "has status N, which the proof does not say"),
        (_leave_out, "is no suppressed row without a line"),
        (_leave_out_another, "has codes that are in no code list"),
        (_other_version, "is of the partner version of 2022, not of the public version of 2022"),
    ],
)
def test_a_certificate_that_was_changed_is_refused_with_a_sentence(
    proof: SmallProof, tamper: Callable[[dict[str, Any]], None], said: str
) -> None:
    content = json.loads(proof.certificate.read_text(encoding="utf-8"))
    tamper(content)
    proof.certificate.write_text(json.dumps(content), encoding="utf-8")
    code, output = run_verifier(proof.arguments())
    assert code == 1
    assert said in output
    assert all(line.startswith("refused: ") for line in output.splitlines())


def test_an_earlier_edition_counts(proof: SmallProof) -> None:
    """Without its files nothing is verified, and with another figure in it neither."""
    arguments = proof.arguments()
    without = [a for a in arguments if EDITION not in a]
    code, output = run_verifier(without)
    assert (code, "give its files as --edition NAME=FILE" in output) == (1, True)


@pytest.mark.slow
@pytest.mark.parametrize("version", ["public", "partner"])
def test_the_proofs_of_a_round_verify_with_and_without_the_true_figures(
    built: Project, version: str
) -> None:
    assert require_proof(built, ROUND, version=version).startswith("verified: ")
    files = [str(built.released(ROUND, r, version=version)) for r in REPORTS]
    beside = [
        f"--edition=public-{ROUND}={built.released(ROUND, r, version='public')}" for r in REPORTS
    ]
    code, said = run_verifier(
        [
            f"--version={version}",
            f"--round={ROUND}",
            f"--rules={rules_path(built, ROUND)}",
            *(beside if version == "partner" else []),
            "--",
            str(certificate_path(built, ROUND, version=version)),
            *files,
        ]
    )
    assert code == 0, said


@pytest.mark.slow
def test_a_hollow_certificate_beside_a_figure_that_was_made_public_is_refused(
    built: Project, tmp_path: Path
) -> None:
    """Hashes and lists made to fit: what is sensitive follows from the files and the
    policy, not from a list.
    """
    project = copied(built, tmp_path)
    path = certificate_path(project, ROUND, version="public")
    content = json.loads(path.read_text(encoding="utf-8"))
    hollow = content | {
        "tables": [],
        "suppressed": [],
        "statuses": {},
        "ranges": {},
        "at_least": [],
        "holders": {},
    }
    path.write_text(json.dumps(hollow), encoding="utf-8")
    with pytest.raises(DisclosureError, match="refused: "):
        require_proof(project, ROUND, version="public")
    moved = content | {"base": {k: v + 100 for k, v in content["base"].items()}}
    path.write_text(json.dumps(moved), encoding="utf-8")
    with pytest.raises(DisclosureError, match="refused: "):
        require_proof(project, ROUND, version="public")


def copied(built: Project, folder: Path) -> Project:
    import shutil

    project = Project(built.root, folder / "outputs")
    for part in ("stores", "proof"):
        shutil.copytree(built.round_folder(ROUND) / part, project.round_folder(ROUND) / part)
    return project


class TestScoresOfOthers:
    """A score is of a state and an edition, also one after the round. Nothing else may be
    called one: a count of a state that somebody smuggles in is refused.
    """

    def test_scores_are_taken_and_counted_among_what_is_trusted(
        self, contracts: Contracts, tmp_path: Path
    ) -> None:
        lines = (f"CTX_OC_INDEX:{s}.2025.ARMS | 4.5 | | score | | shown\n" for s in ("AL", "RO"))
        proof = make_proof(tmp_path, contracts, more="".join(lines))
        code, said = run_verifier(proof.arguments())
        assert code == 0, said
        assert "- 2 scores of states are those that others published" in said

    def test_without_scores_nothing_is_said_of_them(self, proof: SmallProof) -> None:
        assert "scores" not in run_verifier(proof.arguments())[1]

    @pytest.mark.parametrize("value", ["0", "0.5", "4.3", "10.5", "131"])
    def test_what_is_no_score_is_refused(
        self, contracts: Contracts, tmp_path: Path, value: str
    ) -> None:
        line = f"CTX_OC_INDEX:AL.2025.ARMS | {value} | | score | | shown\n"
        code, said = run_verifier(make_proof(tmp_path, contracts, more=line).arguments())
        assert code == 1
        assert "CTX_OC_INDEX:AL.2025.ARMS is no score from 1 to 10 in half points" in said

    @pytest.mark.parametrize(
        "codes", ["AL.2025", "AL.2025.ARMS._T", "SELEC.2025.ARMS", "XX.2025.A"]
    )
    def test_a_key_of_another_form_is_refused(
        self, contracts: Contracts, tmp_path: Path, codes: str
    ) -> None:
        line = f"CTX_OC_INDEX:{codes} | 4 | | score | | shown\n"
        code, said = run_verifier(make_proof(tmp_path, contracts, more=line).arguments())
        assert code == 1
        assert f"CTX_OC_INDEX:{codes} is no score of a state in an edition" in said


class TestJudgements:
    """Regional statistics of judgements may be released; a line of a state, or one that says
    who judged, is refused, and so is another value than the true one.
    """

    KEY = "ASM_SCORES_SEE:SELEC.2022.DRUGS.2.LIKELIHOOD.MEDIAN_LOW"
    LINE = f"{KEY} | 4 | | judged | AL BG GR HU RO | shown"

    def _proof(self, contracts: Contracts, folder: Path, *lines: str) -> SmallProof:
        return make_proof(folder, contracts, more="".join(f"{line}\n" for line in lines))

    def test_a_statistic_of_the_region_is_no_figure_to_prove(
        self, contracts: Contracts, tmp_path: Path
    ) -> None:
        proof = self._proof(
            contracts, tmp_path, f"{self.KEY} | 4 | | judged | AL BG GR HU RO | shown"
        )
        code, said = run_verifier(proof.arguments())
        assert code == 0, said

    @pytest.mark.parametrize(
        ("key", "states"),
        [("ASM_SCORES:RO.2022.DRUGS.2.LIKELIHOOD", ""), (KEY, "AL BG GR HU RO")],
    )
    def test_who_judged_is_told_by_no_line(self, proof: SmallProof, key: str, states: str) -> None:
        with proof.released.open("a", encoding="utf-8") as file:
            file.write(f"{key},4,places,A,F,5/11,{states},\n")
        code, said = run_verifier(proof.arguments())
        assert code == 1
        assert f"{key} tells who judged" in said

    @pytest.mark.parametrize(
        "rest",
        ["1.LIKELIHOOD.MEDIAN_LOW", "2.LIKELIHOOD.LOWEST", "2.LIKELIHOOD.AT_3", "2.ALL.ALPHA"],
    )
    def test_only_what_the_settings_release_may_have_a_line(
        self, proof: SmallProof, rest: str
    ) -> None:
        key = f"ASM_SCORES_SEE:SELEC.2022.DRUGS.{rest}"
        with proof.released.open("a", encoding="utf-8") as file:
            file.write(f"{key},4,places,A,F,5/11,,\n")
        code, said = run_verifier(proof.arguments())
        assert code == 1
        assert f"{key} is no statistic of judgements that is released" in said

    def test_another_value_than_the_true_one_is_refused(
        self, contracts: Contracts, tmp_path: Path
    ) -> None:
        proof = self._proof(
            contracts, tmp_path, f"{self.KEY} | 4 | | judged | AL BG GR HU RO | shown"
        )
        text = proof.true.read_text(encoding="utf-8")
        assert f"{self.KEY},4," in text
        proof.true.write_text(text.replace(f"{self.KEY},4,", f"{self.KEY},3,"), encoding="utf-8")
        code, said = run_verifier(proof.arguments())
        assert code == 1
        assert "is another judgement than the true one" in said
        lines = [line for line in text.splitlines() if not line.startswith(self.KEY)]
        proof.true.write_text("\n".join(lines) + "\n", encoding="utf-8")
        code, said = run_verifier(proof.arguments())
        assert code == 1
        assert "is released, and there is no true figure of it" in said

    def test_what_states_judged_needs_no_line(self, contracts: Contracts, tmp_path: Path) -> None:
        proof = self._proof(contracts, tmp_path)
        own = "ASM_SCORES:RO.2022.DRUGS.2.LIKELIHOOD"
        head, *rest = proof.true.read_text(encoding="utf-8").splitlines()
        values = {"key": own, "value": "4", "obs_status": "A", "conf_status": "F"}
        added = ",".join(values.get(name, "") for name in head.split(","))
        proof.true.write_text("\n".join([head, *rest, added]) + "\n", encoding="utf-8")
        code, said = run_verifier(proof.arguments())
        assert code == 0, said
