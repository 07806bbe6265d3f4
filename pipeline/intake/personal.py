"""Does a text hold what identifies a person? Known formats only, with their check digits where they have them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.\w{2,}")
_PHONE = re.compile(r"(?<![\w+])(?:\+|00)\d[\d ()/.-]{7,}\d(?!\w)")
_PHONE_WORD = re.compile(r"(?:tel|phone|mob|тел|моб|τηλ)[\w.:]*\s{0,2}\(?\d[\d ()/.-]{5,}\d", re.IGNORECASE)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)")
_PASSPORT = re.compile(r"(?<![\w.])[A-Z]{1,2}\d{6,9}(?!\w)")
_PASSPORT_WORD = re.compile(
    r"(?:passport|pasaport|pa[sš]apo[rš]|pasoš|putovnic|пасош|паспорт|διαβατ[ηή]ρι|útlev[eé]l|pașaport)\w*\W{0,12}\w{0,3}\d{5,9}",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?<!\w)\d(?:[ -]?\d){9,12}(?!\w)")
_ALBANIAN = re.compile(r"(?<!\w)[A-T]\d[0156]\d[0-3]\d{4}[A-W](?!\w)")
# Plates whose format nothing else shares; those of plain letters and digits need the word beside them.
_CURRENCY = "EUR|USD|GBP|CHF|RON|BGN|RSD|MKD|ALL|TRY|HUF|MDL|BAM"
_NO_PLATE = rf"(?!{_CURRENCY}|JAN|FEB|MA[RY]|APR|JU[NL]|AUG|SEP|OCT|NOV|DEC|OF|IN|TO)"
_PLATE = re.compile(
    r"(?<!\w)(?:"
    rf"(?:B|[A-Z]{{2}}) \d{{2,3}} {_NO_PLATE}[A-Z]{{3}}"  # Romania
    rf"|(?:0[1-9]|[1-7]\d|8[01]) {_NO_PLATE}[A-Z]{{1,3}} \d{{2,4}}"  # Türkiye
    r"|[A-Z]\d{2}-[A-Z]-\d{3}"  # Bosnia and Herzegovina
    r"|[A-Z]{2} ?\d{3,4}-[A-Z]{2}"  # Serbia, North Macedonia
    r"|[ABEKMHOPCTYX]{1,2} ?\d{4} ?[ABEKMHOPCTYX]{2}"  # Bulgaria
    r"|[A-Z]{2} \d{3} [A-Z]{2}"  # Albania
    r")(?!\w)"
)
_PLATE_WORD = re.compile(
    r"(?:plate|licen[cs]e no|registration no|регистрац|πινακ[ιί]δ|rendsz[aá]m|registarsk|targ[aeë]|plaka|înmatricul)"
    r"\w*\W{0,12}[A-Z]{1,4}[ -]?[A-Z]{0,2}[ -]?\d{3,4}",
    re.IGNORECASE,
)
# Cyrillic and Greek capitals that plates, passports and numbers share with Latin ones.
_CAPITALS = str.maketrans("АВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXIJSABEZHIKMNOPTYX")


def personal_data(text: str) -> str:
    """The name of the format that a text holds, for example `IBAN`; empty when it holds none of them."""
    text = unicodedata.normalize("NFKC", text)
    if _EMAIL.search(text):
        return "e-mail address"
    capitals = text.translate(_CAPITALS)
    for match in _IBAN.finditer(capitals):
        if _is_iban(match.group()):
            return "IBAN"
    if name := _national_number(capitals):
        return name
    if _PHONE.search(text) or _PHONE_WORD.search(text):
        return "telephone number"
    if _PASSPORT.search(capitals) or _PASSPORT_WORD.search(text):
        return "number of a passport or identity card"
    if _PLATE.search(capitals) or _PLATE_WORD.search(capitals):
        return "number plate"
    return ""


def _is_iban(text: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(text))


def _national_number(text: str) -> str:
    if _ALBANIAN.search(text):
        return "personal number of Albania"
    for match in _DIGITS.finditer(text):
        digits = "".join(c for c in match.group() if c.isdigit())
        for name, length, is_valid in _national_formats():
            if len(digits) == length and is_valid(digits):
                return name
    return ""


def _national_formats() -> Iterator[tuple[str, int, Callable[[str], bool]]]:
    from stdnum.bg import egn, pnf
    from stdnum.gr import amka
    from stdnum.md import idno
    from stdnum.ro import cnp
    from stdnum.si import emso
    from stdnum.tr import tckimlik

    yield "personal number of Bulgaria", 10, lambda n: bool(egn.is_valid(n) or pnf.is_valid(n))
    yield "personal number of Greece", 11, amka.is_valid
    yield "personal number of Türkiye", 11, tckimlik.is_valid
    yield "personal number of Hungary", 11, _is_hungarian
    # One number of the former federation serves Bosnia and Herzegovina, Montenegro, North Macedonia and Serbia.
    yield "personal number (JMBG)", 13, emso.is_valid
    yield "personal number of Romania", 13, cnp.is_valid
    yield "personal number of Moldova", 13, idno.is_valid


def _is_hungarian(digits: str) -> bool:
    """Sex and century, date of birth, serial, check digit: the weights run up, or down for those born before 1997."""
    if digits[0] not in "12345678":
        return False
    century = 2000 if digits[0] in "3478" else 1900
    try:
        born = date(century + int(digits[1:3]), int(digits[3:5]), int(digits[5:7]))
    except ValueError:
        return False
    weights = range(1, 11) if born < date(1997, 1, 1) else range(10, 0, -1)
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11 == int(digits[10])
