"""Does a text hold what identifies a person? Known formats only, with their check
digits where they have them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache

# Every pattern looks at a bounded stretch from each place: a hostile text must not cost
# more than its length.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}\w{2,24}")
# The group "000" of a large number is no beginning of a telephone number.
_PHONE = re.compile(r"(?<![\w+])(?<!\d[ .,])(?:\+ ?|00)[1-9][\d ()/.-]{7,20}\d(?!\w)")
_PHONE_INLAND = re.compile(
    r"(?<![\w+])(?<!\d[ .,/-])0[1-9]\d{0,2}[ /-]\d{3}[ -]?\d{2,3}[ -]?\d{1,2}(?!\w)"
)
_PHONE_WORD = re.compile(
    r"(?<!\w)(?:tel|phone|mob|fax|gsm|cep|тел|моб|факс|τηλ|κιν)[\w.:]{0,14}\s{0,2}\(?\d[\d"
    r" ()/.-]{5,20}\d",
    re.IGNORECASE,
)
# ahead only: one may begin inside another
_IBAN = re.compile(r"(?<!\w)(?=([A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}))")
_LENGTH = re.compile(r"\d+")  # of the parts of an account number, in the register of its formats
_PASSPORT = re.compile(r"(?<![\w.])[A-Z]{1,2}\d{6,9}(?!\w)")
_DOCUMENT = (
    r"passport|pasaport|pa[sš]apo[rš]|pasoš|putovnic|пасош|паспорт|διαβατ[ηή]ρι|útlev[eé]l|pașaport"
    r"|identity card|id card|letërnjoftim|li[cč]na karta|osobna iskaznica|лична карта|δελτίο"
    r" ταυτότητας|α\.?δ\.?τ"
    r"|személyi igazolvány"
    r"|(?:carte|buletin) de identitate|seria|kimlik"
)
_DOCUMENT_WORD = re.compile(
    rf"(?<!\w)(?:{_DOCUMENT})\w{{0,12}}[\W_]{{0,6}}"
    r"(?:(?:no|nr|num|number|num[aă]r|бр|број|номер|αρ|br|broj|sz|szám|numaras[iı])\w{0,4}[\W_]{1,4})?"
    r"(?:[A-ZΑ-Ω]{1,3}[\W_]{0,3}(?:nr\W{1,3})?\d{5,9}|\d{6,9}[A-Z]{0,2})(?!\w)",
    re.IGNORECASE,
)
# National numbers are written in one piece, or in these groups; amounts are grouped in
# threes.
_NUMBER = re.compile(
    r"(?<![\w.,])(?:\d{10,13}|\d[ -]\d{6}[ -]\d{4}|\d{6}[ -]\d{4,5}|\d{7}[ -]\d{6}|\d{3} \d{3}"
    r" \d{3} \d{2})"
    r"(?!\w|[.,]\d)"
)
# Decade and year of birth, month (of women plus 50), day, serial number, check letter.
_ALBANIAN = re.compile(
    r"(?<!\w)[A-T]\d(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[A-W](?!\w)"
)
# Formats whose check digit lets one number in ten pass: only beside a word that says
# what the number is.
_PERSON_WORD = re.compile(
    r"(?<!\w)(?:лнч|lnch?|pnf|егн|egn|idnp|личен номер|лична карта|personal"
    r" (?:no|number|code|id)|foreigner|чужденец)",
    re.IGNORECASE,
)
# Plates whose format nothing else shares; those of plain letters and digits need the
# word beside them.
# of Romania
_COUNTY = (
    "A[BRG]|B[CHNTVRZ]?|C[SLJTV]|D[BJ]|G[LRJ]|H[RD]|I[LSF]|M[MHS]|NT|OT|PH|S[MJBV]|T[RML]|V[SLN]"
)
_MONTENEGRO = "AN|BA|BD|BP|BR|CT|DG|GS|HN|KL|KO|NK|PG|PL|PT|PV|RO|SN|TV|TZ|UL|ZB"
_NO_PLATE = "(?!EUR|USD|GBP|CHF|RON|BGN|RSD|MKD|ALL|TRY|HUF|MDL|BAM|PER|AND|FOR|THE|OF|IN|TO|BY)"
_NO_MONTH = "(?!JAN|FEB|MA[RYI]|APR|JU[NL]|AUG|SEP|O[CK]T|NOV|DE[CZ]|EKI)"
_NO_YEAR = r"(?!(?:19|20)\d\d(?!\d))"
_PLATE = re.compile(
    r"(?<!\w)(?:"
    rf"(?:{_COUNTY})[ -]\d{{2,3}}[ -]{_NO_PLATE}[A-HJ-NPR-Z][A-Z]{{2}}"  # Romania
    rf"|(?:0[1-9]|[1-7]\d|8[01]) {_NO_PLATE}(?:[A-Z] {_NO_YEAR}\d{{4,5}}|[A-Z]{{2}}"
    rf" {_NO_YEAR}\d{{3,4}})"  # Türkiye
    rf"|(?:0[1-9]|[1-7]\d|8[01]) {_NO_PLATE}{_NO_MONTH}[A-Z]{{3}} \d{{2,3}}"
    r"|[AEJKMOT]\d{2}-[AEJKMOT]-\d{3}"  # Bosnia and Herzegovina
    rf"|[A-Z]{{2}} ?{_NO_YEAR}\d{{3,4}}-[A-Z]{{2}}"  # Serbia, North Macedonia
    rf"|(?:{_MONTENEGRO}) [A-Z]{{2}}[ -]?\d{{3}}"  # Montenegro
    # Bulgaria
    rf"|[ABEKMHOPCTYX]{{1,2}} ?(?!(?:19|20)\d\d )\d{{4}} ?{_NO_PLATE}[ABEKMHOPCTYX]{{2}}"
    r"|[A-Z]{2} ?\d{3} ?[A-Z]{2}"  # Albania
    r"|[A-Z]{2} [A-Z]{2}-\d{3}"  # Hungary since 2022
    r")(?!\w)"
)
_PLATE_WORD = re.compile(
    r"(?<!\w)(?:plate|licen[cs]e (?:plate|no)|registration"
    r" (?:no|number|plate)|регистрац|рег|πινακ[ιί]δ|rendsz[aá]m"
    r"|registarsk|tablic|targ[aeë]|plaka|înmatricul)"
    r"\w{0,14}[\W_]{0,6}(?:(?:no|nr|number|бр|број|αρ|oznak[ae]|таблиц[аи]|sz[aá]m)\w{0,4}[\W_]{1,4})?"
    r"[A-ZΑ-Ω]{1,3}[ -]?[A-Z]{0,2}[ -]?\d{3,4}(?!\d)",
    re.IGNORECASE,
)
# Cyrillic and Greek capitals that plates, passports and numbers share with Latin ones.
_CAPITALS = str.maketrans("АВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXIJSABEZHIKMNOPTYX")


def personal_data(text: str) -> str:
    """The name of the format that a text holds, for example `IBAN`; empty when it holds
    none of them.
    """
    text = unicodedata.normalize("NFKC", text)
    text = text if text.isascii() and text.isprintable() else "".join(map(_plain, text))
    if _EMAIL.search(text):
        return "e-mail address"
    text = text.replace("_", " ")
    capitals = text.translate(_CAPITALS)
    if any(_is_iban(m.group(1)) for m in _IBAN.finditer(capitals.upper())):
        return "IBAN"
    if name := _national_number(capitals, text):
        return name
    if _PHONE.search(text) or _PHONE_INLAND.search(text) or _PHONE_WORD.search(text):
        return "telephone number"
    if _PASSPORT.search(capitals) or _DOCUMENT_WORD.search(text):
        return "number of a passport or identity card"
    if _PLATE.search(capitals) or _PLATE_WORD.search(text):
        return "number plate"
    return ""


def _plain(character: str) -> str:
    """Every dash as a hyphen, every space as a space, nothing for what nobody sees:
    they must not hide a number.
    """
    if character.isspace():
        return " "
    return {"Pd": "-", "Cf": ""}.get(unicodedata.category(character), character)


def _is_iban(text: str) -> bool:
    """True when a text begins with an IBAN: each country has its own length, words in
    capitals may follow.
    """
    from stdnum import iban

    compact = text.replace(" ", "")
    number = compact[: _iban_length(compact[:2])]
    # The rest after division first: it is quick, and the library looks at every detail
    # of the format.
    return len(number) > 4 and _rest(number) == 1 and bool(iban.is_valid(number))


def _rest(number: str) -> int:
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97


@lru_cache(maxsize=1024)
def _iban_length(country: str) -> int:
    """Characters of the IBAN of a country; 0 where it has none."""
    from stdnum import numdb

    format_ = numdb.get("iban").info(country)[0][1].get("bban", "")
    length = sum(int(n) for n in _LENGTH.findall(format_))
    return length and 4 + length


def _national_number(capitals: str, text: str) -> str:
    if _ALBANIAN.search(capitals):
        return "personal number of Albania"
    for match in _NUMBER.finditer(text):
        digits = "".join(c for c in match.group() if c.isdigit())
        beside = text[max(0, match.start() - 60) : match.end() + 60]
        for name, length, is_valid in _national_formats(
            named=_PERSON_WORD.search(beside) is not None
        ):
            if len(digits) == length and is_valid(digits):
                return name
    return ""


def _national_formats(*, named: bool) -> Iterator[tuple[str, int, Callable[[str], bool]]]:
    """Name, number of digits and check of the formats; with `named`, a word beside the
    number says what it is.
    """
    from stdnum.bg import egn, pnf
    from stdnum.gr import amka
    from stdnum.md import idno
    from stdnum.ro import cnp
    from stdnum.si import emso
    from stdnum.tr import tckimlik

    yield "personal number of Bulgaria", 10, egn.is_valid
    yield (
        "personal number of a foreigner in Bulgaria",
        10,
        lambda n: named and bool(pnf.is_valid(n)),
    )
    yield "personal number of Greece", 11, amka.is_valid
    yield "personal number of Türkiye", 11, tckimlik.is_valid
    yield "personal number of Hungary", 11, _is_hungarian
    # One number of the former federation serves Bosnia and Herzegovina, Montenegro,
    # North Macedonia and Serbia.
    yield "personal number (JMBG)", 13, emso.is_valid
    yield "personal number of Romania", 13, cnp.is_valid
    # Those of persons begin with 2, before 2000 with 0; the numbers of companies have
    # the same check digit.
    yield (
        "personal number of Moldova",
        13,
        lambda n: (named or n[0] in "02") and bool(idno.is_valid(n)),
    )


def _is_hungarian(digits: str) -> bool:
    """Sex and century, date of birth, serial, check digit: the weights run up, or down
    for those born before 1997.
    """
    if digits[0] not in "12345678":
        return False
    century = 2000 if digits[0] in "3478" else 1900
    try:
        born = date(century + int(digits[1:3]), int(digits[3:5]), int(digits[5:7]))
    except ValueError:
        return False
    weights = range(1, 11) if born < date(1997, 1, 1) else range(10, 0, -1)
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11 == int(digits[10])
