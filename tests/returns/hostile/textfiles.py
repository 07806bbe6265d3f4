"""Hostile CSV files, compressed and not."""

from __future__ import annotations

import gzip

from .forms import HEADER, MILLION, Traps, csv_of, hostile


@hostile("unsafe-file", "csv.gz")
def compressed_text_that_inflates(state: str, traps: Traps) -> bytes:
    return gzip.compress(b"," * 90_000_000, 9, mtime=0)


@hostile("unsafe-file", "csv.gz")
def compressed_lines_without_end(state: str, traps: Traps) -> bytes:
    return gzip.compress((HEADER + "\n" + ",\n" * 20 + "a\n" * 200_000).encode(), 9, mtime=0)


@hostile("unreadable-file", "csv.gz")
def compressed_text_compressed_again(state: str, traps: Traps) -> bytes:
    return gzip.compress(gzip.compress(csv_of(state).encode(), mtime=0), mtime=0)


@hostile("unreadable-file", "csv.gz")
def more_behind_the_compressed_text(state: str, traps: Traps) -> bytes:
    return gzip.compress(csv_of(state).encode(), mtime=0) + b"#!/bin/sh"


@hostile("unreadable-file", "csv")
def field_of_twenty_megabytes(state: str, traps: Traps) -> bytes:
    return (HEADER + "\n").encode() + b"a" * 19_000_000


@hostile("unsafe-file", "csv")
def a_million_columns(state: str, traps: Traps) -> bytes:
    return (HEADER + "\n").encode() + b"," * (MILLION + 1)


@hostile("unsafe-file", "csv")
def three_hundred_thousand_fields(state: str, traps: Traps) -> bytes:
    return (HEADER + "\n").encode() + (b"1," * 30 + b"1\n") * 10_000


@hostile("unsafe-file", "csv")
def more_text_than_forms_hold(state: str, traps: Traps) -> bytes:
    """Texts of the kind that patterns spend most time on."""
    return (HEADER + "\n").encode() + (b"GR12 " * 190 + b"\n") * 2_500


@hostile("unreadable-file", "csv")
def quote_that_is_never_closed(state: str, traps: Traps) -> bytes:
    return csv_of(state).encode() + b'"' + b"OCT_DRUG_OFFENCES,,,1,,,\n" * 3_000


@hostile("unreadable-file", "csv")
def zero_bytes_in_a_text(state: str, traps: Traps) -> bytes:
    return (HEADER + "\nOCT_DRUG_OFFENCES," + state).encode() + b" " * 200 + b"\0,2022,800,,,\n"


@hostile("steering-characters", "csv", at_cell=True, cover=True)
def note_that_steers_the_terminal(state: str, traps: Traps) -> bytes:
    return csv_of(state, note="\x1b]0;owned\x07\x1b[2Jok").encode()


@hostile("steering-characters", "csv", at_cell=True, cover=True)
def note_that_turns_its_direction(state: str, traps: Traps) -> bytes:
    return csv_of(state, note="paid \u202e0001\u202c EUR").encode()


@hostile("personal-data", "csv", at_cell=True, cover=True)
def note_with_an_address_in_invisible_letters(state: str, traps: Traps) -> bytes:
    return csv_of(state, note="write to ion\u200b.popescu\u00ad@police.example").encode()
