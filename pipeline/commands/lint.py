"""Is everything that people write well formed? Contracts, lists, policy, registers,
models, templates and texts.

Nothing is run on figures. What a step could not use, or would use otherwise than it
reads, is told with its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import ContractError, UserError
from pipeline.project import Project


def lint_everything(project: Project) -> Iterator[str]:
    """Check everything; yields a line per kind that is right. Raises ContractError with
    all that is wrong.
    """
    from pipeline.contracts.lint import lint_project
    from pipeline.contracts.model import load_contracts
    from pipeline.contracts.policy import load_policy
    from pipeline.contracts.population import load_population
    from pipeline.report.document.lint_templates import lint_templates
    from pipeline.returns.cases import load_cases
    from pipeline.returns.meetings.papers import load_papers

    yield from lint_project(project)
    contracts = load_contracts(project.contracts)
    policy = load_policy(project.contracts, contracts)
    last = max(p.year for p in load_population(project.codelists))
    wrong = [*_wrong_models(project), *_wrong_exceptions(project), *_wrong_languages(project)]
    wrong += lint_templates(project, contracts, policy=policy, round_=last)
    if wrong:
        raise ContractError("\n".join(dict.fromkeys(wrong)), do="correct what is named")
    rounds = [int(p.name) for p in sorted(project.returns.glob("[0-9]*")) if p.name.isdecimal()]
    told = {r: load_cases(project, contracts, round_=r) for r in rounds}
    papers = [p for r in rounds for p in load_papers(project, contracts, round_=r)]
    yield f"cases: {sum(map(len, told.values()))} that reports may tell"
    yield f"papers of meetings: {len(papers)}"
    yield (
        f"models, templates, exhibits and texts: they can be used, tried without figures for {last}"
    )


def _wrong_models(project: Project) -> Iterator[str]:
    """Models and checks that cannot be parsed, read what nobody builds or say what
    another engine would read otherwise, and staging models of tables that no contract has.
    """
    from pipeline.contracts.model import load_contracts
    from pipeline.numbers.sql.portable import wrong_models
    from pipeline.numbers.sql.runner import in_order, read_checks, read_models
    from pipeline.numbers.sql.staging import LAYER

    tables = load_contracts(project.contracts).tables
    try:
        models = read_models(project.sql, tables=tables)
        in_order(models)
        checks = read_checks(project.sql, models)
    except UserError as problem:
        yield str(problem)
        return
    yield from wrong_models(models | checks)
    known = {f"{LAYER}.{table.sql_name}" for table in tables}
    for name in sorted(n for n in models if n.startswith(f"{LAYER}.") and n not in known):
        yield (
            f"{models[name].place}: no contract has this table; correct the name of the file, or"
            " take it away"
        )


def _wrong_exceptions(project: Project) -> Iterator[str]:
    """The list of numerals that are no statistics."""
    from pipeline.inspection.numerals.exceptions import load_exceptions

    try:
        load_exceptions(project.templates)
    except UserError as problem:
        yield str(problem)


def _wrong_languages(project: Project) -> Iterator[str]:
    """Catalogues of texts for states that cannot be used."""
    from dataclasses import replace

    from pipeline.returns.texts import languages, load_texts

    for language in languages(project):
        try:
            load_texts(replace(project, language=language))
        except UserError as problem:
            yield str(problem)
