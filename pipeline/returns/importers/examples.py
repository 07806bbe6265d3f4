"""How are the example returns made? From a folder of published files, every return of
`returns/` anew.

The folder holds the files under the names of `FILES`. The rounds are made from what was
published at their time: the older release of GLOTIP makes the trafficking returns of
2021, the newer one those of 2022. Where two sources give a cell, the first of the list
fills it and a different value of the second is named in the note of the line.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.cells import Key
from pipeline.contracts.layout import CENTER, respondents
from pipeline.contracts.model import Contracts
from pipeline.contracts.template import build_workbook
from pipeline.project import Project
from pipeline.returns.importers.csv_return import Dialect, to_csv
from pipeline.returns.importers.run import ImportSummary, run_import
from pipeline.returns.importers.workbook_return import WorkbookReturn
from pipeline.returns.intake.folder import CASES, MEETINGS


@dataclass(frozen=True)
class PublishedFile:
    """A file that example returns are made of. `release` is that of a file which does not
    say it, `day` the date of the covers where it is not that of the round.
    """

    round_: int
    source: str
    file: str
    release: str = ""
    day: str = ""


# The date on the covers: a return cannot be older than the newest release that makes
# it.
DATED = {2021: "2023-06-30", 2022: "2025-04-30"}
_ASYLUM = ("December 2025", "2025-12-31")  # as the package `refugees` 2025.12.1 has it
# Order matters: Eurostat's counts of offences come before those of the UN survey, and
# the newest release first, because a return that bears a date keeps it.
FILES = (
    PublishedFile(2021, "glotip", "unodc-glotip/release-2023-05-30/data_glotip.xlsx"),
    PublishedFile(2022, "glotip", "unodc-glotip/data_glotip.xlsx"),
    PublishedFile(2022, "unhcr_asylum", "unhcr-asylum/asylum_applications.csv", *_ASYLUM),
    PublishedFile(2022, "unhcr_asylum", "unhcr-asylum/asylum_decisions.csv", *_ASYLUM),
    PublishedFile(2022, "eurostat_crime", "eurostat-crime/estat_crim_off_cat.tsv"),
    PublishedFile(2022, "cts", "unodc-cts/data_cts_corruption_and_economic_crime.xlsx"),
    PublishedFile(2022, "iafq", "unodc-firearms/data_iafq_firearms_trafficking.xlsx"),
    PublishedFile(2022, "drug_seizures", "unodc-drug-seizures/7.1._Drug_seizures_2018-2022.xlsx"),
    PublishedFile(2022, "eurostat_migration", "eurostat-migration/migrants_illegally_present.csv"),
    PublishedFile(
        2022, "eurostat_migration", "eurostat-migration/third_country_illegaly_present.csv"
    ),
    PublishedFile(
        2022, "eurostat_migration", "eurostat-migration/migrants_refused_entry_at_the_border.csv"
    ),
)
# Some states send tidy CSV, each in the dialect of its office software.
CSV_RETURNS = {
    (2022, "thb", "HU"): Dialect(",", "utf-8"),
    (2022, "octa", "BG"): Dialect(";", "cp1251"),
    (2022, "migration", "RS"): Dialect(";", "utf-8-sig"),
}
# A note in the state's own language, so that the code page of its file matters.
NATIONAL_NOTES = {
    (2022, "octa", "BG"): (
        Key("OCT_VEHICLE_THEFT", ("BG", "2022")),
        "Данните са публикувани от Евростат",
    )
}


def make_examples(
    project: Project, contracts: Contracts, *, data_folder: Path
) -> list[ImportSummary]:
    """Rebuild the example returns; the old ones are replaced when all new ones are
    there. Raises UserError.
    """
    new = project.returns / ".new"
    shutil.rmtree(new, ignore_errors=True)
    try:
        summaries = []
        for published in FILES:
            summaries.append(
                run_import(
                    project,
                    contracts,
                    source=published.source,
                    file=data_folder / published.file,
                    round_=published.round_,
                    folder=new / str(published.round_),
                    day=published.day or DATED[published.round_],
                    release=published.release,
                )
            )
        _write_center(contracts, max(p.round_ for p in FILES), folder=new)
        _write_csv_returns(contracts, new)
        for folder in sorted(new.iterdir()):
            target = project.returns / folder.name
            for own in (CASES, MEETINGS):  # the Center's own words, of no publisher
                if (target / own).is_dir():
                    shutil.copytree(target / own, folder / own)
            shutil.rmtree(target, ignore_errors=True)
            folder.rename(target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return summaries


def _write_center(contracts: Contracts, round_: int, *, folder: Path) -> None:
    """The Center's own returns: its activity is not published by year, so the forms stay
    blank.
    """
    for report in contracts.by_report:
        if CENTER not in respondents(contracts, report, round_=round_):
            continue
        workbook = build_workbook(contracts, report, state=CENTER, round_=round_)
        path = folder / str(round_) / report / f"{CENTER}.xlsx"
        file = WorkbookReturn(contracts, report, CENTER, round_, path, workbook)
        file.answer("authority", CENTER)
        file.answer("date", DATED[round_])
        file.save()


def _write_csv_returns(contracts: Contracts, folder: Path) -> None:
    for (round_, report, state), dialect in CSV_RETURNS.items():
        path = folder / str(round_) / report / f"{state}.xlsx"
        file = WorkbookReturn(contracts, report, state, round_, path)
        if (round_, report, state) in NATIONAL_NOTES:
            file.remark(*NATIONAL_NOTES[(round_, report, state)])
        to_csv(file, path.with_suffix(".csv"), dialect=dialect)
        path.unlink()
