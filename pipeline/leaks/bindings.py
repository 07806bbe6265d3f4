"""What may a binding of the narrative have become? Worked out from the released cells and the public code lists."""

from __future__ import annotations

from decimal import Decimal

from pipeline.contracts.model import Contracts
from pipeline.leaks.values import Register, Texts, number

_NO_ENTRY = ("_T", "_U", "NAT", "ABR")  # codes that compete in no list of the largest
_FORMULAS = {"share": " per cent", "rate": " per 100,000 inhabitants"}


class Bindings:
    """The bindings of one version: `contracts` name what a list prints, `round_` says who the member states are."""

    def __init__(self, register: Register, contracts: Contracts, round_: int) -> None:
        self.register, self.contracts, self.round_ = register, contracts, round_

    def texts(self, binding: str) -> Texts:
        """The texts that may stand where the binding stood; none when it had nothing that may be shown."""
        words = binding.split()
        if words[0] == "ref":
            return (" ".join(words[1:]),)
        if len(words) == 1:
            return (self.register.text(words[0]),)
        command, key = words[0], words[1]
        if command == "value":
            return (self.register.text(key),)
        if command == "coverage":
            return self.register.printed(f"coverage({key})")
        if command in _FORMULAS:
            over = self._base(key, words[3]) if command == "share" else self._people(key)
            return tuple(f"{t}{_FORMULAS[command]}" for t in self.register.printed(f"{command}({key}, {over})"))
        if command == "moved":
            return self._moved(key, words[3])
        if command == "ranked":
            return self._list(self._candidates(key)[: int(words[2])])
        if command == "lowest":
            return self._list(self._candidates(key)[-1:])
        return self._silent(key) if command == "silent" else ()

    def _base(self, part: str, whole: str) -> str:
        cell, base = self.register.cells.get(part), self.register.cells.get(whole)
        if cell is None or not cell.states or (base is not None and cell.states == base.states):
            return whole
        cube, codes = whole.split(":")
        return " + ".join(f"{cube}:{'.'.join([state, *codes.split('.')[1:]])}" for state in cell.states)

    def _people(self, key: str) -> str:
        state, year = key.split(":")[1].split(".")[:2]
        cell = self.register.cells.get(key)
        return " + ".join(f"POPULATION:{s}.{year}" for s in (cell.states if cell and cell.states else (state,)))

    def _moved(self, key: str, year: str) -> Texts:
        cube, codes = key.split(":")
        parts = codes.split(".")
        then = f"{cube}:{'.'.join([parts[0], year, *parts[2:]])}"
        value = self.register.value(f"change({key}, {then})")
        now_text, then_text = self.register.text(key), self.register.text(then)
        if value is None:
            return ()
        if self.register.value(key) == self.register.value(then):
            return (f"did not change ({now_text})",)
        size = number(abs(value), 1)
        verbs = ("rose", "fell") if value else ("hardly moved: it rose", "hardly moved: it fell")
        up = (self.register.value(key) or 0) > (self.register.value(then) or 0)
        return (f"{verbs[0 if up else 1]} by {size} per cent, from {then_text} to {now_text}",)

    # --- lists

    def _candidates(self, pattern: str) -> list[tuple[str, str]]:
        """Labels and values that a key with one `*` stands for, largest first; none when one of them is withheld."""
        cube, _, joined = pattern.partition(":")
        codes = joined.split(".")
        star = next(i for i, code in enumerate(codes) if "*" in code)
        found: list[tuple[Decimal, str, str]] = []
        for code, label in self._choices(cube, star, codes[star]):
            key = f"{cube}:{'.'.join([*codes[:star], code, *codes[star + 1 :]])}"
            cell = self.register.cells.get(key)
            if cell is not None and cell.withheld:
                return []
            if cell is not None and cell.value is not None:
                found.append((-cell.value, label, self.register.text(key)))
        return [(label, text) for _, label, text in sorted(found)]

    def _choices(self, cube: str, place: int, star: str) -> list[tuple[str, str]]:
        """The codes that compete, with their labels."""
        if place == 0:
            return [(m.code, m.label) for m in self.contracts.members(self.round_)]
        table = self.contracts.table(cube)
        dimension = table.dimension(table.key_dimensions[place])
        if star == "G_*":
            return [(c.code, c.label) for c in dimension.codelist if c.is_group or c.code == "NAT"]
        return [(c.code, c.label) for c in dimension.codes if c.code not in _NO_ENTRY]

    def _silent(self, pattern: str) -> Texts:
        """Names of the member states without a figure, in their order; none where a figure is withheld."""
        cube, _, joined = pattern.partition(":")
        codes = joined.split(".")
        names = []
        for member in self.contracts.members(self.round_):
            cell = self.register.cells.get(f"{cube}:{'.'.join([member.code, *codes[1:]])}")
            if cell is not None and cell.withheld:
                return ()
            if cell is None or cell.value is None:
                names.append(member.label)
        return (_listed(names),) if names else ()

    def _list(self, found: list[tuple[str, str]]) -> Texts:
        return (_listed([f"{label} ({text})" for label, text in found]),) if found else ()


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
