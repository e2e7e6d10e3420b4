"""Whose data is meant, and by what it is known: nothing of it is ever written down."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.privacy.erased import bare_name, bare_number, bare_phone

_LEAST_NUMBER: Final = 6
"""Shorter "identifying numbers" are what somebody typed to get past a form: they name nobody."""
_BETWEEN: Final = r"[ .\-]*"
GONE: Final = "[đã xóa]"
"""What stands in a note in the place of a name or number that was erased."""


class PersonRefused(ValueError):
    """Nothing was done; the message says in Vietnamese what to ask instead."""


@dataclass(frozen=True, repr=False)
class Wanted:
    """What is asked for: an identifying number, a telephone, or a name with a dossier's code."""

    number: str = ""
    phone: str = ""
    name: str = ""
    code: str = ""

    @property
    def by(self) -> str:
        """By what, for the audit: never the value."""
        if self.number:
            return "số giấy tờ"
        return "điện thoại" if self.phone else "họ tên và mã hồ sơ"


def wanted(number: str = "", phone: str = "", name: str = "", code: str = "") -> Wanted:
    """What was typed, tidied. Raises PersonRefused for what names nobody."""
    found = Wanted(bare_number(number), bare_phone(phone), bare_name(name), code.strip())
    if number and len(found.number) < _LEAST_NUMBER:
        raise PersonRefused(f"Số giấy tờ phải có ít nhất {_LEAST_NUMBER} chữ số hoặc chữ cái.")
    if phone and not found.phone:
        raise PersonRefused("Số điện thoại gồm 10 chữ số, bắt đầu bằng 0 hoặc 84.")
    if not (found.number or found.phone or (found.name and found.code)):
        raise PersonRefused("Hãy ghi số giấy tờ, hoặc điện thoại, hoặc họ tên cùng một mã hồ sơ.")
    return found


Fields = Mapping[str, str | None]


@dataclass(repr=False)
class Person:
    """What one person is known by, as far as their dossiers say."""

    numbers: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, asked: Wanted) -> Person:
        """As much as the question says."""
        found = cls()
        for known, value in (
            (found.numbers, asked.number),
            (found.phones, asked.phone),
            (found.names, asked.name),
            (found.codes, asked.code),
        ):
            if value:
                known.add(value)
        return found

    def learn(self, owner: Fields, code: str) -> None:
        """Take note of what a dossier of theirs says."""
        number, name, phone = _known(owner)
        self.codes.add(code)
        for known, value in ((self.numbers, number), (self.phones, phone), (self.names, name)):
            if value:
                known.add(value)
        if name and phone:
            self.pairs.add((name, phone))

    def owns(self, owner: Fields) -> bool:
        """Whether an owner is this person: the same number; without one, name and telephone."""
        number, name, phone = _known(owner)
        return number in self.numbers if number else (name, phone) in self.pairs

    def is_in(self, cells: Sequence[str]) -> bool:
        """Whether a rejected row with these texts is of this person, or of a dossier of theirs."""
        if not self.codes.isdisjoint(cell.strip() for cell in cells):
            return True
        joined = "|".join(map(bare_number, cells))
        if any(number in joined for number in self.numbers):
            return True
        if not any(phone[1:] in joined for phone in self.phones):
            return False
        named = {bare_name(cell) for cell in cells}
        return not self.names or not self.names.isdisjoint(named)

    def pattern(self) -> re.Pattern[str] | None:
        """What a note is searched for: whole names of two words and more, numbers, telephones."""
        parts = [r"\s+".join(map(re.escape, name.split())) for name in self.names if " " in name]
        parts += [_BETWEEN.join(number) for number in self.numbers if number.isdecimal()]
        parts += [r"(?:\+?84|0)" + _BETWEEN + _BETWEEN.join(phone[1:]) for phone in self.phones]
        if not parts:
            return None
        return re.compile(
            rf"(?<!\w)(?:{'|'.join(sorted(parts, key=len, reverse=True))})(?!\w)", re.I
        )


def seeds_of(asked: Wanted, owner: Fields, code: str) -> bool:
    """Whether an owner is one that was asked for."""
    number, name, phone = _known(owner)
    if asked.number:
        return number == asked.number
    if asked.phone:
        return phone == asked.phone
    return (name, code) == (asked.name, asked.code)


def refuse_several(owners: Iterable[Fields]) -> None:
    """Raise PersonRefused where owners with one telephone are several people."""
    numbers, bare = set[str](), set[str]()
    named = dict[str, str]()
    for owner in owners:
        number, name, _ = _known(owner)
        if number:
            numbers.add(number)
            named[name] = number
        else:
            bare.add(name)
    count = len(numbers) + len(bare - named.keys())
    if count > 1:
        raise PersonRefused(
            f"Số điện thoại này có ở hồ sơ của {count} người. Hãy tìm bằng số giấy tờ, hoặc bằng "
            "họ tên cùng một mã hồ sơ. Chưa có gì thay đổi."
        )


def without(text: str, pattern: re.Pattern[str]) -> str:
    """A note without what the pattern finds."""
    return pattern.sub(GONE, unicodedata.normalize("NFC", text))


def is_told(text: str, pattern: re.Pattern[str]) -> bool:
    """Whether a note has what the pattern finds."""
    return pattern.search(unicodedata.normalize("NFC", text)) is not None


def _known(owner: Fields) -> tuple[str, str, str]:
    number = bare_number(owner["national_id"])
    if len(number) < _LEAST_NUMBER:
        number = ""
    return number, bare_name(owner["name"]), bare_phone(owner["phone"])
