"""What can be wrong with a return before its figures are compared? Each rule says how
bad it is, what is allowed and what the state should do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pipeline.findings import Finding, Severity
from pipeline.returns.intake.shown import (
    MAX_SHOWN,
    NOT_SHOWN,
    names_of_invisible,
    shown,
    shown_name,
)


@dataclass(frozen=True)
class IntakeRule:
    """One thing that reading a return can find: severity, what is allowed, what the
    state should do.
    """

    severity: Severity
    allowed: str
    do: str


MAX_ALIKE = 1000  # findings of one rule in one table of a file
_NUMBER = "a whole number, or up to three decimals where the unit is kg; 0  :  –  <5  0n"

RULES: dict[str, IntakeRule] = {
    # The file as a whole. An error here refuses the whole return.
    "no-return": IntakeRule(
        "note", "one workbook or CSV file per member state", "remind the state"
    ),
    "not-a-return": IntakeRule(
        "note",
        "<STATE>.xlsx, or <STATE>.csv with <STATE>.cover.csv",
        "move the file elsewhere if it is not a return",
    ),
    "amendment-without-text": IntakeRule(
        "note",
        "amendments of texts as they stand",
        "look at the new text of the state; where it is to be amended too, give a sheet with it",
    ),
    "wrong-folder": IntakeRule(
        "query",
        "<round>/<report>, as 2022/thb",
        "put the file into the folder of its report",
    ),
    "unclear-name": IntakeRule(
        "error",
        "<STATE>.xlsx for the return, <STATE>.2.xlsx to <STATE>.99.xlsx for what was sent later,"
        " <STATE>.police.xlsx for the part of an office",
        "call it <STATE>.2.xlsx if it corrects the return, <STATE>.xlsx if it is the return; else"
        " take it away",
    ),
    "stray-file": IntakeRule(
        "query",
        "returns, later files with their covers, and records, each under its name",
        "if figures came in it, send them as <STATE>.2.xlsx; if not, move it elsewhere: it was not"
        " read",
    ),
    "not-a-file": IntakeRule(
        "error", "a file", "put the file itself there: folders, pipes and devices are not opened"
    ),
    "linked-file": IntakeRule(
        "error", "a file of its own in the folder", "put the file itself in place of the link"
    ),
    "file-renamed": IntakeRule(
        "note", "the ending of the file's format", "keep the ending that the program gave it"
    ),
    "old-format": IntakeRule(
        "note", ".xlsx", "send the form as .xlsx; here formulas cannot be told from figures"
    ),
    "password-protected": IntakeRule(
        "error",
        "a workbook that opens without a password",
        "send the file again without a password",
    ),
    "withdrawn": IntakeRule(
        "note", "figures that the state stands by", "send the table anew when it is ready"
    ),
    "not-a-member": IntakeRule(
        "error",
        "the code of a state that answers this questionnaire",
        "name the file after the member state",
    ),
    "second-file": IntakeRule(
        "error",
        "one file per state, report and number",
        "remove the file that is not meant, or number a later one: RO.2.xlsx",
    ),
    "unsupported-format": IntakeRule(
        "error",
        ".xlsx, .csv, .csv.gz, .xls or .ods",
        "open it and save it as an Excel workbook (.xlsx)",
    ),
    "unreadable-file": IntakeRule(
        "error",
        "a complete, unprotected .xlsx workbook or CSV text file",
        "open it in Excel or LibreOffice and save it under a new name as Excel Workbook (.xlsx), or"
        " send it once more",
    ),
    "nothing-read": IntakeRule(
        "error",
        "a file with figures of at least one table",
        "send the file again with its figures, or take it back",
    ),
    "unsafe-file": IntakeRule(
        "error",
        "a workbook of ordinary size without document type declarations",
        "copy the figures into a fresh copy of the form and send that",
    ),
    "active-content": IntakeRule(
        "error",
        "figures and text only",
        "send the form without macros, embedded objects and links to other files",
    ),
    "wrong-cover": IntakeRule(
        "error",
        "report, state, round and office of the folder and file name",
        "send the form made for this state and round",
    ),
    "cover-missing": IntakeRule(
        "query", "a cover with state, round, authority and date", "send the cover with the return"
    ),
    "cover-date": IntakeRule(
        "query", "the day of the return, for example 2023-03-31", "correct the date on the cover"
    ),
    "date-before-release": IntakeRule(
        "error",
        "a date on or after the release of each source",
        "correct the date of the return, or name the source that was used",
    ),
    "source-not-listed": IntakeRule(
        "query",
        "sources of the Center's list, parted by semicolons, with the day of their release if they"
        " have one",
        "name a listed source; versions for others print no other text until the Center has"
        " cleared it",
    ),
    "contract-version": IntakeRule(
        "query", "the version of the contract in force", "use the current form next time"
    ),
    "encoding": IntakeRule(
        "note", "UTF-8", "save the CSV file as UTF-8; check that the notes read well"
    ),
    "unknown-letters": IntakeRule(
        "query",
        "UTF-8, or a code page that known words tell",
        "save the file as 'CSV UTF-8', or send the workbook; the text was not taken over",
    ),
    # Parts of a return, each from an office of the state.
    "office-unknown": IntakeRule(
        "error",
        "an office of the list",
        "name the office by its code, or leave the field empty in a whole return",
    ),
    "office-missing": IntakeRule(
        "query", "an office on the cover of a part", "name the office that gives this part"
    ),
    "office-not-in-name": IntakeRule(
        "query",
        "the office in the name of the file too",
        "name the file after state and office: a file of another office under this name would"
        " replace it",
    ),
    "part-missing": IntakeRule(
        "note", "a part from each office that gives tables", "remind the office"
    ),
    "part-refused": IntakeRule(
        "note",
        "a part from each office, each of them read",
        "correct the part and send it again; until then the return of the state is incomplete",
    ),
    "part-twice": IntakeRule(
        "error",
        "one part per office",
        "take away the file that is not meant, or number the later one: RO.police.2.xlsx",
    ),
    "part-copied": IntakeRule(
        "query",
        "a file of its own from each office",
        "confirm that both offices send the same file, or send the right one",
    ),
    "whole-beside-parts": IntakeRule(
        "query",
        "either one whole return, or parts by office",
        "take the whole return away if the parts stand in its place, or the parts if it stands in"
        " theirs; until then each figure of either counts once",
    ),
    "table-of-another-office": IntakeRule(
        "query",
        "tables that the office gives",
        "confirm that this office gives the table too, or leave its sheet empty",
    ),
    "cell-in-two-parts": IntakeRule(
        "query",
        "each figure in the part of one office",
        "agree who gives the figure, and leave it empty in the other part; it counts once. Say so"
        " if each office counted cases of its own: then the sum belongs in one part",
    ),
    "parts-disagree": IntakeRule(
        "error",
        "one figure, or the same in both parts",
        "agree on the figure, and give it in one part; nothing was added up and none was chosen",
    ),
    # The sheets of a workbook and the header of a CSV file.
    "missing-sheet": IntakeRule(
        "error", "every sheet of the form", "put the sheet back, even when it stays empty"
    ),
    "unknown-sheet": IntakeRule(
        "query", "the sheets of the form", "move the figures into the sheets of the form"
    ),
    "hidden-sheet": IntakeRule(
        "query", "only the sheet Lists is hidden", "show the sheet, or remove it"
    ),
    "sheet-renamed": IntakeRule(
        "note", "the name that the form gives the sheet", "leave the names of the sheets"
    ),
    "hidden-cells": IntakeRule(
        "query",
        "figures in sight",
        "show all lines and columns, and confirm that the figures are meant",
    ),
    "other-title": IntakeRule(
        "error",
        "the sheet of this table",
        "give the sheets the names of the form, each with its own table",
    ),
    "no-code-row": IntakeRule(
        "error",
        "a row of codes that begins with the word Code",
        "copy the figures into a fresh copy of the form",
    ),
    "form-moved": IntakeRule(
        "note", "the row of codes where the form has it", "leave the locked cells as they are"
    ),
    "merged-cells": IntakeRule(
        "error", "one figure per cell", "unmerge the cells and fill in each of them"
    ),
    "grey-figures-changed": IntakeRule(
        "error",
        "the grey figures beside the form as the Center filled them in",
        "copy your figures into a fresh copy of the form, and leave the grey columns as they are",
    ),
    "missing-lines": IntakeRule(
        "query", "every line and column of the form", "put them back; say if they are zero"
    ),
    "unknown-code": IntakeRule(
        "error", "a code of the form", "restore the code of the line or column"
    ),
    "look-alike": IntakeRule(
        "note",
        "codes in Latin letters",
        "type codes in Latin letters, or choose them from the list",
    ),
    "localised-header": IntakeRule(
        "note", "the codes of the form, in English", "leave the row of codes as it is"
    ),
    "changed-text": IntakeRule(
        "note", "the text of the form", "leave the text as it is; use the note column"
    ),
    "outside-form": IntakeRule(
        "query", "figures in the cells of the form only", "move it to its cell or to the note"
    ),
    "year-outside-window": IntakeRule(
        "error", "the years of the form", "restore the years of the form"
    ),
    "wrong-header": IntakeRule(
        "error",
        "table,state,year,<dimensions>,value,obs_status,conf_status,note",
        "put it in the first line",
    ),
    "unknown-column": IntakeRule(
        "error", "the columns of the contract", "correct the name of the column"
    ),
    "missing-column": IntakeRule(
        "error", "every column of the contract", "add the column, empty where not needed"
    ),
    "unknown-table": IntakeRule(
        "error", "a table of the contract", "correct the name of the table"
    ),
    "wrong-state": IntakeRule("error", "the state of the file", "send one file per state"),
    # Lines of open lists.
    "unknown-citizenship": IntakeRule(
        "query",
        "a country code or a known name of a country",
        "correct the country; it was read as unknown",
    ),
    "unknown-twice": IntakeRule(
        "query", "one line for unknown", "add up under Unknown all that cannot be given by country"
    ),
    "aggregate-line": IntakeRule(
        "query", "single countries", "leave out continents and unions: they would be counted twice"
    ),
    "code-label-differ": IntakeRule(
        "query", "code and name of the same country", "correct the code or the name"
    ),
    # The text of a figure.
    "number-as-text": IntakeRule("note", "a number", "format the cell as a number"),
    "thousands-comma": IntakeRule(
        "note", "a number without separators", "leave out the separators of thousands"
    ),
    "thousands-point": IntakeRule(
        "note", "a number without separators", "leave out the separators of thousands"
    ),
    "decimal-comma": IntakeRule("note", "a decimal point", "write decimals with a point"),
    "ambiguous-number": IntakeRule(
        "query",
        "a number that can be read in one way only",
        "write it without separators of thousands",
    ),
    "rounded": IntakeRule("note", "up to three decimals", "round to three decimals"),
    "not-a-number": IntakeRule(
        "error", _NUMBER, "give the number alone and move the rest to the note"
    ),
    "invisible-characters": IntakeRule(
        "note", "a number", "type the figure anew: beside it stand characters that nobody sees"
    ),
    "number-as-formula": IntakeRule(
        "note", "a number", "give the number alone, without = and quotes"
    ),
    "damaged-cell": IntakeRule(
        "query",
        "one value in each cell, written as spreadsheets write it",
        "type it anew in Excel or LibreOffice, and save the file there under a new name; it was not"
        " taken over",
    ),
    "number-too-large": IntakeRule(
        "error", "at most fifteen digits", "check the figure and its unit"
    ),
    "date-in-number": IntakeRule("error", _NUMBER, "give the number; the cell holds a date"),
    "boolean-in-number": IntakeRule(
        "error", _NUMBER, "give the number; the cell holds TRUE or FALSE"
    ),
    "error-value": IntakeRule("error", _NUMBER, "replace the error by the figure itself"),
    "formula": IntakeRule("note", "figures, no formulas", "paste the figure as a value"),
    "formula-reaches-out": IntakeRule(
        "error",
        "figures, no formulas",
        "paste the figure as a value; check the computer that the formula came from",
    ),
    "formula-as-text": IntakeRule(
        "query",
        "text that does not begin as a formula does",
        "begin the text with a letter; it was not taken over",
    ),
    "formula-without-value": IntakeRule(
        "error", "figures, no formulas", "paste the figure as a value"
    ),
    "missing-word": IntakeRule(
        "note",
        ":  when there is no figure, 0 when there was none",
        "put : or 0; the word was read as not available, never as zero",
    ),
    "blank-text": IntakeRule(
        "note", "an empty cell, or a figure", "empty the cell; it was read as not reported"
    ),
    # Statuses and notes beside a figure.
    "not-a-word": IntakeRule(
        "error", "a word of the scale", "choose a word from the list of the cell, or leave it empty"
    ),
    "unknown-status": IntakeRule(
        "error", "a status of the list", "choose the status from the list"
    ),
    "unknown-conf": IntakeRule(
        "error", "a confidentiality of the list", "choose it from the list, or leave it empty"
    ),
    "status-contradicts-value": IntakeRule(
        "query",
        "a figure, or a status that says why there is none",
        "correct the figure or the status",
    ),
    "status-without-value": IntakeRule(
        "query", "a figure beside this status", "give the figure, or the status K, L, M, O or Q"
    ),
    "note-too-long": IntakeRule(
        "query", "at most 1,000 characters", "shorten the text; it was not taken over"
    ),
    "text-without-words": IntakeRule(
        "query",
        "a text with its evaluation, handling and clearance",
        "choose them from the lists beside the text; without them it was not taken over",
    ),
    "words-without-text": IntakeRule(
        "query",
        "the text that these words are about",
        "write the text, or empty the cells beside it",
    ),
    "steering-characters": IntakeRule(
        "query",
        "text that reads as it looks",
        "type the text anew; it was not taken over: it holds invisible commands",
    ),
    "personal-data": IntakeRule(
        "query", "no personal data", "remove it; the cell was not taken over"
    ),
    # Tables sent as records.
    "records-not-asked": IntakeRule(
        "query",
        "<STATE>.<TABLE>.records.csv of a table that the contract takes as records",
        "correct the name of the file; it was not read",
    ),
    "records-header": IntakeRule(
        "error", "a first line with the columns of the table", "correct the names of columns"
    ),
    "records-column": IntakeRule(
        "error",
        "the columns of the table and conf_status, no others",
        "remove the column, and send no personal data",
    ),
    "records-line": IntakeRule(
        "error", "as many fields as the first line has", "correct the lines"
    ),
    "records-code-year": IntakeRule(
        "error", "codes that exist in the year", "use a code that is valid in the year"
    ),
    "records-quantity": IntakeRule(
        "error", "a number, 0 or more, with a decimal point", "give the quantity"
    ),
    "records-read-as": IntakeRule(
        "note", "records as the contract has them", "write them so; they were read"
    ),
    "records-none": IntakeRule(
        "query",
        "a record, or a line of state and year alone where there was nothing to record",
        "confirm, or send it",
    ),
    "records-and-totals": IntakeRule(
        "query",
        "a table either as totals or as records",
        "leave the sheet empty; the records were used",
    ),
}


class FindingBook:
    """Collects the findings of one file; knows the parts that are the same in all of
    them.
    """

    def __init__(
        self, round_: int, report: str, *, state: str, file: str, contract_version: str
    ) -> None:
        self.round, self.report, self.state, self.file = round_, report, state, file
        self.contract_version = contract_version
        self.findings: list[Finding] = []
        self._alike: Counter[tuple[str, str, Severity]] = Counter()

    def add(
        self,
        rule: str,
        found: str,
        *,
        sheet: str = "",
        cell: str = "",
        table: str = "",
        key: str = "",
        severity: Severity | None = None,
        allowed: str = "",
        do: str = "",
    ) -> None:
        """Record one finding; severity and texts come from the rule unless given.

        What is repeated of the return is short, printable and free of personal data. Of
        more than `MAX_ALIKE` findings of one rule in one table the last says that there
        are more.
        """
        default = RULES[rule]
        severity = severity or default.severity
        self._alike[rule, table, severity] += 1
        number = self._alike[rule, table, severity]
        if number > MAX_ALIKE:
            return
        unseen = names_of_invisible(found[:MAX_SHOWN])
        found = shown(found, is_figure=bool(key))
        if unseen and not found.startswith(NOT_SHOWN):
            found = f"{found} (with the invisible {unseen})"
        self.findings.append(
            Finding(
                round=self.round,
                report=self.report,
                state=self.state,
                file=self.file,
                sheet=shown_name(sheet),
                cell=cell,
                table=table,
                key=key,
                rule=rule,
                severity=severity,
                found=(
                    f"{found} - and more of this kind from here on"
                    if number == MAX_ALIKE
                    else found
                ),
                allowed=allowed or default.allowed,
                do=do or default.do,
                contract_version=self.contract_version,
            )
        )
