"""What may a binding of the narrative have become? Worked out from the released cells
and the public code lists.
"""

from __future__ import annotations

import re
from decimal import Decimal

from pipeline.contracts.codelists import in_running_text
from pipeline.contracts.model import Contracts
from pipeline.inspection.readback.paper import PAPER, Paper
from pipeline.inspection.readback.scores import SCORED, Scores
from pipeline.inspection.readback.values import (
    Register,
    Texts,
    number,
    of_state,
    percent_places,
)
from pipeline.inspection.readback.who import COUNTS, WHO, WHO_CLAIMS, Who, listed

CHANGE_FLOOR = 20  # below it no movement is told
# what says something of figures without a numeral
TELLS = re.compile(rf"\[\[(?:claim|{'|'.join((*WHO, *PAPER))})\b")
_NO_ENTRY = ("_T", "_U", "NAT", "ABR")  # codes that compete in no list of the largest
_FORMULAS = {"share": " per cent", "rate": " per 100,000 inhabitants"}


class Bindings:
    """The bindings of one version: `contracts` name what a list prints, `round_` says
    who the member states are.
    """

    def __init__(self, register: Register, contracts: Contracts, *, round_: int) -> None:
        self.register, self.contracts, self.round_ = register, contracts, round_
        self.who = Who(register, contracts, round_=round_)
        self.paper = Paper(register, contracts, round_=round_)
        self.scores = Scores(contracts, round_=round_, value_of=register.value)

    def texts(self, binding: str) -> Texts:
        """The texts that may stand where the binding stood; none when it had nothing
        that may be shown.
        """
        words = binding.split()
        if words[0] == "ref":
            return (" ".join(words[1:]),)
        if words[0] in ("general", "claim"):
            return self._claim(words[0], " ".join(words[1:]))
        if words[0] == "case":
            return self.register.cases.get(" ".join(words[1:]), ())
        if words[0] in WHO:
            return self.who.texts(words)
        if words[0] in PAPER:
            pair = self._pair(words[1], words[3]) if words[0] == "alone" else None
            return self.paper.texts(words, pair=pair)
        if words[0] in SCORED:
            return self.scores.texts(words, editions=sorted(self.register.years))
        if len(words) == 1:
            return self._value(words[0])
        command = words[0]
        key = words[1]
        if command == "value":
            return self._value(key)
        if command == "coverage":
            return tuple(_in_words(t) for t in self.register.printed(f"coverage({key})"))
        if command in _FORMULAS:
            over = self._base(key, words[3]) if command == "share" else self._people(key)
            return tuple(
                f"{t}{_FORMULAS[command]}"
                for t in self.register.printed(f"{command}({key}, {over})")
            )
        if command == "moved":
            return self._moved(key, words[3])
        if command == "shares":
            return self._shares(key, words[3], year=words[5])
        if command == "ranked":
            return self._ranked(key, int(words[2]))
        if command == "lowest":
            return self._lowest(key)
        if command in ("rises", "falls"):
            return self._movers(key, words[3], count=int(words[4]), up=command == "rises")
        return ()

    def _base(self, part: str, whole: str) -> str:
        cell = self.register.cells.get(part)
        base = self.register.cells.get(whole)
        if cell is None or not cell.states or (base is not None and cell.states == base.states):
            return whole
        return " + ".join(of_state(whole, state) for state in cell.states)

    def _people(self, key: str) -> str:
        state, year = key.split(":")[1].split(".")[:2]
        cell = self.register.cells.get(key)
        return " + ".join(
            f"POPULATION:{s}.{year}" for s in (cell.states if cell and cell.states else (state,))
        )

    def _value(self, key: str) -> Texts:
        """The figure; of a whole in question, what it would be if its parts held."""
        cell = self.register.cells.get(key)
        text = self.register.text(key)
        if (
            cell is None
            or cell.withheld
            or cell.value is None
            or (not cell.in_question and cell.counts)
        ):
            return (text,)
        if cell.in_question != "whole":
            return () if cell.in_question == "part" or not cell.counts else (text,)
        parts = [self.register.instead.get(w, ()) for w in cell.wholes]
        flat = [p for own in parts for p in own]
        operands = f"{key}, {' + '.join(cell.wholes)}, {' + '.join(flat)}"
        total = self.register.value(f"instead({operands})") if cell.wholes and all(parts) else None
        if total is None:
            return (f"{text} (in question)",)
        states = listed([self._state(w.split(":")[1].split(".")[0]) for w in cell.wholes])
        whose = f"the parts of {states}" if key.split(":")[1].startswith("SELEC") else "its parts"
        return (f"{text} ({number(total, 0)} if {whose} hold)",)

    def _state(self, code: str) -> str:
        return in_running_text(self.contracts.codelist("states").label(code))

    def _pair(self, key: str, year: str) -> tuple[str, str]:
        """The two cells that a change is told of: over the states with both years where
        the sums count others.
        """
        cube, codes = key.split(":")
        parts = codes.split(".")
        then = _in_year(key, year)
        one = self.register.cells.get(key)
        other = self.register.cells.get(then)
        last_two = (
            parts[0] == "SELEC" and int(parts[1]) == self.round_ and int(year) == self.round_ - 1
        )
        unlike = (
            one is None
            or other is None
            or one.withheld
            or other.withheld
            or one.states != other.states
        )
        if last_two and (unlike or (one is not None and one.obs_status == "B")):
            both = f"{cube}:{'.'.join(['SELEC_BOTH', *parts[1:]])}"
            pair = (both, _in_year(both, year))
            if any(
                (c := self.register.cells.get(k)) and (c.withheld or c.value is not None)
                for k in pair
            ):
                return pair
        return key, then

    def _moved(self, key: str, year: str) -> Texts:
        now, then = self._pair(key, year)
        value = self.register.value(f"change({now}, {then})")
        now_text = self.register.text(now)
        then_text = self.register.text(then)
        if value is None:
            return ()
        states = self.register.cells[now].states
        same = f" (same {len(states)} states)" if states else ""
        if self.register.value(now) == self.register.value(then):
            return (f"did not change ({now_text}){same}",)
        size = number(abs(value), percent_places(value))
        verbs = ("rose", "fell") if value else ("hardly moved: it rose", "hardly moved: it fell")
        up = (self.register.value(now) or 0) > (self.register.value(then) or 0)
        named = "".join(f", {text}" for text in self._driver(key, year))
        return (
            (
                f"{verbs[0 if up else 1]} by {size} per cent, from {then_text} to"
                f" {now_text}{same}{named}"
            ),
        )

    def _driver(self, key: str, year: str) -> Texts:
        """The one state behind more than half of what the region moved."""
        now, then = self._pair(key, year)
        one = self.register.cells.get(now)
        other = self.register.cells.get(then)
        if (
            one is None
            or other is None
            or one.value is None
            or other.value is None
            or one.states != other.states
        ):
            return ()
        whole = one.value - other.value
        steps = []
        for state in one.states:
            a, b = (self.register.value(of_state(k, state)) for k in (now, then))
            if a is None or b is None:
                return ()
            if (a - b) * whole > 0 and abs(a - b) * 2 > abs(whole):
                steps.append((-abs(a - b), of_state(now, state), a - b, state))
        if not steps or not now.split(":")[1].startswith("SELEC"):
            return ()
        _, _, step, state = min(steps)
        return (f"of which {self._state(state)} {'+' if step > 0 else ''}{number(step, 0)}",)

    def _shares(self, part: str, whole: str, *, year: str) -> Texts:
        now, then = self._pair(part, year)
        one = self.register.cells.get(now)
        other = self.register.cells.get(then)
        if one is None or other is None or one.states != other.states:
            return ()
        said = []
        for key, base in ((now, whole), (then, _in_year(whole, year))):
            value = self.register.value(f"share({key}, {self._base(key, base)})")
            if value is None:
                return ()
            said.append(f"{number(value, 1)} per cent in {_year(key)}")
        same = f" (same {len(one.states)} states)" if one.states else ""
        return (" and ".join(said) + same,)

    # --- claims

    def _claim(self, command: str, text: str) -> Texts:
        """The words of a claim that the released cells bear out; numerals are no part
        of such words.
        """
        head, _, words = text.partition(": ") if command == "claim" else ("", "", text)
        if any(c.isdigit() for c in words):
            return ()
        return (words,) if command == "general" or self._holds(*head.split(" ")) else ()

    def _holds(self, name: str, key: str, *rest: str) -> bool:
        """Whether a claim is true of the released cells; what has no value is not
        claimed.
        """
        other = rest[1] if len(rest) > 1 else ""
        if name in ("majority", "minority"):
            part = self.register.value(f"share({key}, {self._base(key, other)})")
            return part is not None and (part > 50 if name == "majority" else part < 50)
        if name in ("more", "fewer"):
            one = self.register.value(key)
            two = self.register.value(other)
            return (
                one is not None and two is not None and (one > two if name == "more" else one < two)
            )
        if name in ("highest", "lowest"):
            values = self._values(other)
            own = self.register.value(key)
            rivals = [v for k, v in values.items() if k != key]
            if own is None or key not in values or not rivals:
                return False
            return own > max(rivals) if name == "highest" else own < min(rivals)
        if name in WHO_CLAIMS:
            return self.who.holds(name, [key, *rest])
        if name.endswith("-in-most"):
            return self._in_most(key, other, up=name.startswith("rose"))
        return self._course_holds(name, key, year=other)

    def _course_holds(self, name: str, key: str, *, year: str) -> bool:
        years = [_in_year(key, str(y)) for y in range(int(year), int(_year(key)) + 1)]
        known = [self.register.value(k) for k in years]
        pair = (key, years[0]) if name in ("peak", "trough") else self._pair(key, year)
        now, then = (self.register.value(k) for k in pair)
        if now is None or then is None:
            return False
        if name in ("peak", "trough"):
            before = [v for v in known[:-1] if v is not None]
            return len(before) == len(known) - 1 and (
                now > max(before) if name == "peak" else now < min(before)
            )
        moved = self.register.value(f"change({pair[0]}, {pair[1]})")
        holds = {
            "rose": now > then,
            "fell": now < then,
            "doubled": now >= 2 * then,
            "tripled": now >= 3 * then,
            "halved": 2 * now <= then,
            "steady": moved is not None and abs(moved) < 5,
        }
        return holds.get(name, False)

    def _in_most(self, pattern: str, year: str, *, up: bool) -> bool:
        now = self._values(pattern)
        then = self._values(_in_year(pattern, year))
        pairs = [(then[_in_year(k, year)], v) for k, v in now.items() if _in_year(k, year) in then]
        return self._all_shown(pattern) and sum(
            (b > a) if up else (b < a) for a, b in pairs
        ) * 2 > len(pairs)

    def _movers(self, pattern: str, year: str, *, count: int, up: bool) -> Texts:
        if not self._all_shown(pattern) or not self._all_shown(
            _in_year(pattern, year), _year(pattern)
        ):
            return ()
        found = []
        for key in self._values(pattern):
            pair = self._pair(key, year)
            now, then = map(self.register.value, pair)
            if (
                now is None
                or then is None
                or min(now, then) < CHANGE_FLOOR
                or now == then
                or (now > then) != up
            ):
                continue
            if not self._comparable(*pair):
                continue
            label = dict(self._labelled(pattern))[key]
            text = f"(from {self.register.text(pair[1])} to {self.register.text(pair[0])})"
            found.append((-abs(now - then), label, text))
        if not found:
            return ()
        told = sorted(found)[:count]
        doubts = []
        for label, key, now in self._doubtful(pattern, year):
            then = self.register.value(_in_year(key, year))
            if then is not None and (now > then) == up and abs(now - then) >= -told[-1][0]:
                doubts.append(label)
        return (
            listed([f"{in_running_text(label)} {text}" for _, label, text in told])
            + self._leaving_out(doubts),
        )

    def _ranked(self, pattern: str, count: int) -> Texts:
        found = self._candidates(pattern)[:count]
        labels = dict(found)
        least = min(
            (v for k, v in self._values(pattern).items() if self._label(pattern, k) in labels),
            default=None,
        )
        if least is None:
            return ()
        doubts = []
        for label, key, value in self._doubtful(pattern):
            parts = self.register.instead.get(key, ())
            instead = (
                self.register.value(f"instead({key}, {key}, {' + '.join(parts)})")
                if parts
                else None
            )
            if max(value, instead or value) >= least:
                doubts.append(label)
        return tuple(text + self._leaving_out(doubts) for text in self._list(found))

    def _lowest(self, pattern: str) -> Texts:
        found = self._candidates(pattern)[-1:]
        values = self._values(pattern)
        doubts = [
            label
            for label, _, value in self._doubtful(pattern)
            if values and value <= min(values.values())
        ]
        return tuple(text + self._leaving_out(doubts) for text in self._list(found))

    def _label(self, pattern: str, key: str) -> str:
        return dict(self._labelled(pattern))[key]

    def _doubtful(self, pattern: str, year: str = "") -> list[tuple[str, str, Decimal]]:
        """Figures in question, also of the earlier year, that a list leaves out: label,
        key, value, largest first.
        """
        found = []
        for key, label in self._labelled(pattern):
            cells = [
                self.register.cells.get(k) for k in (key, *([_in_year(key, year)] if year else []))
            ]
            value = self.register.value(key)
            if value is not None and any(
                c is not None and c.value is not None and not c.is_compared for c in cells
            ):
                found.append((-value, label, key))
        return [(label, key, -value) for value, label, key in sorted(found)]

    def _leaving_out(self, labels: list[str]) -> str:
        names = [in_running_text(name) for name in labels]
        whose = "figure is" if len(labels) == 1 else "figures are"
        return f", leaving out {listed(names)}, whose {whose} in question" if labels else ""

    def _comparable(self, now: str, then: str) -> bool:
        """Whether two years can be compared: no break between them, the same states
        behind both, none in question.
        """
        between = range(int(_year(then)) + 1, int(_year(now)) + 1)
        cells = [self.register.cells.get(_in_year(now, str(y))) for y in between]
        both = [self.register.cells[k] for k in (now, then)]
        broken = (
            any(c is not None and c.obs_status == "B" for c in cells) and "SELEC_BOTH" not in now
        )
        return both[0].states == both[1].states and all(c.is_compared for c in both) and not broken

    def _labelled(self, pattern: str) -> list[tuple[str, str]]:
        """Keys that a pattern stands for, with the labels of their codes."""
        cube, _, joined = pattern.partition(":")
        codes = joined.split(".")
        star = next(i for i, code in enumerate(codes) if "*" in code)
        return [
            (f"{cube}:{'.'.join([*codes[:star], code, *codes[star + 1 :]])}", label)
            for code, label in self._choices(cube, star, star=codes[star])
        ]

    def _all_shown(self, pattern: str, with_figures_of: str = "") -> bool:
        """Whether no cell of a pattern is withheld; with a year, only those count whose
        cell of that year has one.
        """
        for key, _ in self._labelled(pattern):
            cell = self.register.cells.get(key)
            beside = (
                not with_figures_of
                or self.register.value(_in_year(key, with_figures_of)) is not None
            )
            if beside and cell is not None and cell.withheld:
                return False
        return True

    def _values(self, pattern: str, *, doubtful: bool = False) -> dict[str, Decimal]:
        """The values behind a pattern; none where one of them is withheld."""
        values = {key: self.register.value(key) for key, _ in self._labelled(pattern)}
        known = {
            k: v
            for k, v in values.items()
            if v is not None and (doubtful or self.register.cells[k].is_compared)
        }
        return known if self._all_shown(pattern) else {}

    # --- lists

    def _candidates(self, pattern: str, *, doubtful: bool = False) -> list[tuple[str, str]]:
        """Labels and values that a key with one `*` stands for, largest first; none
        when one of them is withheld.
        """
        cube, _, joined = pattern.partition(":")
        codes = joined.split(".")
        star = next(i for i, code in enumerate(codes) if "*" in code)
        found: list[tuple[Decimal, str, str]] = []
        for code, label in self._choices(cube, star, star=codes[star]):
            key = f"{cube}:{'.'.join([*codes[:star], code, *codes[star + 1 :]])}"
            cell = self.register.cells.get(key)
            if cell is not None and cell.withheld:
                return []
            if cell is not None and cell.value is not None and (doubtful or cell.is_compared):
                found.append((-cell.value, label, self.register.text(key)))
        return [(label, text) for _, label, text in sorted(found)]

    def _choices(self, cube: str, place: int, *, star: str) -> list[tuple[str, str]]:
        """The codes that compete, with their labels."""
        if place == 0:
            return [(m.code, m.label) for m in self.contracts.members(self.round_)]
        table = self.contracts.table(cube)
        dimension = table.dimension(table.key_dimensions[place])
        if star == "G_*":
            groups = dimension.codelist.groups
            return [(c.code, c.label) for c in dimension.codelist if c.code == "NAT" or c in groups]
        return [(c.code, c.label) for c in dimension.codes if c.code not in _NO_ENTRY]

    def _list(self, found: list[tuple[str, str]]) -> Texts:
        return (
            (listed([f"{in_running_text(label)} ({text})" for label, text in found]),)
            if found
            else ()
        )


def _year(key: str) -> str:
    return key.split(":")[1].split(".")[1]


def _in_year(key: str, year: str) -> str:
    cube, codes = key.split(":")
    parts = codes.split(".")
    return f"{cube}:{'.'.join([parts[0], year, *parts[2:]])}"


def _in_words(coverage: str) -> str:
    """`all eleven` for `11 of 11`."""
    given, _, of = coverage.partition(" of ")
    return (
        f"all {COUNTS[int(of)]}"
        if given == of and given.isdigit() and int(of) < len(COUNTS)
        else coverage
    )
