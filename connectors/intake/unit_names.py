"""Names of units as people write them: short forms, whose office, the unit above, no tones.

A text means a unit when it is the unit's name but for these; tones that are written must be the
name's own. Whether it means exactly one is for the caller to see.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from connectors.intake.aliases import Aliases
from connectors.intake.codes import agency_key
from connectors.intake.words import fold

_FILE: Final = Path(__file__).with_name("unit_words.toml")
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_NEAR: Final = 0.6
_CUT: Final = re.compile(r"\s*[,(]\s*|\s+[-–—]\s*")
"""Before the unit above."""


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _offices() -> re.Pattern[str]:
    given = [fold(word) for word in _words()["offices"]["words"]]
    words = {*given, *map(plain, given)}
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, longest))})(?!\w)\s*")


@cache
def _kinds() -> tuple[re.Pattern[str], dict[str, str]]:
    """How a name's kind may be written at its beginning, and the kind of each writing."""
    full: dict[str, str] = {}
    for kind, short in _words()["kinds"].items():
        full |= dict.fromkeys((fold(kind), plain(fold(kind)), *map(fold, short)), fold(kind))
    # A point ends a short form ("p.hà đông"); without one a blank does.
    ended = (
        re.escape(form) + (r"\s*" if form.endswith(".") else r"(?:\s*\.\s*|\s+|$)")
        for form in sorted(full, key=len, reverse=True)
    )
    return re.compile(f"(?P<kind>{'|'.join(ended)})"), full


@lru_cache(maxsize=100_000)
def spelt(text: str) -> tuple[str, str]:
    """A name's kind and its rest, folded, in full words, without whose office it is."""
    clean = fold(text)
    if office := _offices().match(clean):
        clean = clean[office.end() :]
    pattern, full = _kinds()
    found = pattern.match(clean)
    if found is None or found.end() == len(clean):
        return "", _toned(clean)
    kind = full.get(found["kind"].strip()) or full[found["kind"].strip(" .")]
    return _toned(kind), _toned(clean[found.end() :])


def _toned(text: str) -> str:
    """Words with their tone at the end, wherever it was put: hoà is hòa."""
    return " ".join(map(_tone_last, re.findall(r"\w+", text)))


def _tone_last(word: str) -> str:
    parts = unicodedata.normalize("NFD", word)
    bare = "".join(sign for sign in parts if sign not in _TONES)
    return unicodedata.normalize("NFC", bare) + "".join(sign for sign in parts if sign in _TONES)


@lru_cache(maxsize=100_000)
def plain(text: str) -> str:
    """A text without tones and marks."""
    parts = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


class UnitNames:
    """Units (with ``id``, ``name``, ``short_name``, ``parent_id``) by all that people call them."""

    def __init__(self, units: Iterable[Any] = ()) -> None:
        self._units: dict[int, Any] = {}
        self._full: dict[tuple[str, str], list[Any]] = defaultdict(list)
        self._rest: dict[str, list[Any]] = defaultdict(list)
        self._plain: dict[tuple[str, str], list[Any]] = defaultdict(list)
        self._plain_rest: dict[str, list[Any]] = defaultdict(list)
        for unit in units:
            self.add(unit)

    def add(self, unit: Any) -> None:
        """Know one more unit."""
        self._units[unit.id] = unit
        names = {spelt(unit.name), spelt(unit.short_name or unit.name)}
        for kind, rest in names:
            self._full[kind, rest].append(unit)
            self._plain[plain(kind), plain(rest)].append(unit)
        for rest in {rest for _, rest in names}:
            self._rest[rest].append(unit)
            self._plain_rest[plain(rest)].append(unit)

    def meant(self, text: str, *, without_kind: bool = True) -> list[Any]:
        """The units that a text may mean; ``without_kind``: also by their names alone."""
        found = self._named(text, without_kind=without_kind)
        if found:
            return found
        for cut in _CUT.finditer(text):
            head, tail = text[: cut.start()], text[cut.end() :].rstrip(" )")
            above = {unit.id for unit in self._named(tail, without_kind=True)}
            named = self._named(head, without_kind=without_kind) if above else []
            if found := [unit for unit in named if self._is_below(unit, above)]:
                return found
        return []

    def _named(self, text: str, *, without_kind: bool) -> list[Any]:
        kind, rest = spelt(text)
        if not rest:
            return []
        toneless = plain(rest) == rest
        if kind:
            found = self._full.get((kind, rest), [])
            return found or (self._plain.get((plain(kind), rest), []) if toneless else [])
        if found := self._full.get(("", rest), []) or (
            self._plain.get(("", rest), []) if toneless else []
        ):
            return found
        if not without_kind:
            return []
        return self._rest.get(rest, []) or (self._plain_rest.get(rest, []) if toneless else [])

    def _is_below(self, unit: Any, above: set[int]) -> bool:
        seen: set[int] = set()
        parent = unit.parent_id
        while parent is not None and parent not in seen:
            if parent in above:
                return True
            seen.add(parent)
            parent = getattr(self._units.get(parent), "parent_id", None)
        return False

    def near(self, text: str, names: Iterable[str], count: int = 3) -> list[str]:
        """The names most like a text: first by what is left of both without kind and tones."""
        kind, rest = spelt(_CUT.split(text, maxsplit=1)[0])
        wanted = plain(rest)
        by_rest: dict[str, list[str]] = defaultdict(list)
        for name in dict.fromkeys(names):
            by_rest[plain(spelt(name)[1])].append(name)
        close = difflib.get_close_matches(wanted, list(by_rest), n=count, cutoff=_NEAR)
        found = [
            name
            for rest in close
            for name in sorted(by_rest[rest], key=lambda name: spelt(name)[0] != kind)
        ]
        return found[:count]


class KnownUnits:
    """The units of a catalogue by code and by all that people call them, for files and forms."""

    def __init__(self, units: Iterable[Any] = (), aliases: Aliases | None = None) -> None:
        self.aliases = aliases or Aliases()
        self.by_id: dict[int, Any] = {}
        self._by_code: dict[str, list[Any]] = defaultdict(list)
        self._by_name: dict[str, list[Any]] = defaultdict(list)
        self._by_agency: dict[str, list[Any]] = defaultdict(list)
        self.names = UnitNames()
        for unit in units:
            self.add(unit)

    def add(self, unit: Any) -> None:
        """Know one more unit."""
        self.by_id[unit.id] = unit
        self.names.add(unit)
        self._by_code[fold(unit.code)].append(unit)
        if key := agency_key(unit.code):
            self._by_agency[key].append(unit)
        for name in {fold(unit.name), fold(unit.short_name or unit.name)}:
            self._by_name[name].append(unit)

    def of_code(self, code: str, scheme: str = "*") -> list[Any]:
        """The units with that code, else with another spelling of it; ``scheme``: "*" of any."""
        if found := self._of(self._by_code.get(fold(code), []), scheme):
            return found
        key = agency_key(code)
        return self._of(self._by_agency.get(key, []), scheme) if key else []

    def meant(
        self, text: str, scheme: str = "*", *, by: str = "auto", without_kind: bool = True
    ) -> list[Any]:
        """The units that a text means: by code, else by name, else by what the name may mean.

        Args:
            by: "code" or "name": only by that. without_kind: as :meth:`UnitNames.meant`.
        """
        found = [] if by == "name" else self.of_code(text, scheme)
        if not found and by != "code":
            found = self._of(self._by_name.get(fold(text), []), scheme)
        if not found and by != "code":
            found = self._of(self.names.meant(text, without_kind=without_kind), scheme)
        return self.aliases.distinct(found)

    def standing_first(self, schemes: Iterable[str] = ("*",)) -> list[Any]:
        """The units of the schemes, those that still exist before those that ended."""
        found = [unit for scheme in schemes for unit in self._of(self.by_id.values(), scheme)]
        found = [unit for unit in found if unit.id not in self.aliases.merged]
        return sorted(found, key=lambda unit: unit.valid_to is not None)

    @staticmethod
    def _of(units: Iterable[Any], scheme: str) -> list[Any]:
        return [u for u in units if scheme == "*" or fold(u.scheme) == fold(scheme)]
