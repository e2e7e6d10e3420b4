"""What a screen is asked for in its address: filters, the open row, the page of a list.

A screen declares its parameters once; reading, checking, naming what means nothing, writing and
resetting follow from that. Streamlit's own binding of widgets to the address is not used: it
writes the labels that it shows and drops what it does not know without a word.

    QUERY = Query(
        "tasks",
        one_of("figure", FIGURES, usual="tasks_assigned", label="Tình trạng"),
        ids("units", label="Đơn vị chủ trì"),
        opened("task"),
    )
    asked = QUERY.read(units=frame.unit_names)     # the address; problems stand in asked.problems
    asked["units"]                                 # (12, 40)
    asked.but(figure="tasks_overdue").params()     # for a link
    asked.go(units=())                             # from a widget

Values come from outside: each is checked against what the reader may see. What is refused is not
repeated, for a link could put words, and addresses, on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Literal, Protocol

import streamlit as st

Known = Mapping[str, Collection[Any]]
"""Parameter → the values that mean something to this reader."""
Kind = Literal["one", "many", "id", "ids", "number", "text", "month", "day", "row"]

UNKNOWN: Final = "none"
"""How "not known" stands in an address, where a filter has that value."""

_LONGEST_NUMBER: Final = 18
_LONGEST_TEXT: Final = 64
_MOST_VALUES: Final = 400
_YEARS: Final = range(2000, 2101)


class _Strange(ValueError):
    """A value that means nothing; ``count`` of several, where others of them are known."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a screen's address; made by the functions below, not by hand.

    ``values``: what is allowed; None: what :meth:`Query.read` is told under this name.
    ``is_open``: names the row that is open, which any other change closes.
    """

    name: str
    kind: Kind
    usual: Any = None
    label: str = ""
    every: str = "Tất cả"
    values: Mapping[str, Any] | None = None
    is_open: bool = False
    is_listed: bool = True
    # Means anything of this other parameter's value only: whatever changes that drops it.
    of: str = ""
    # So many values at most, of several.
    most: int = _MOST_VALUES
    # Values are repeated parameters, because they may hold commas.
    is_repeated: bool = False
    may_be_unknown: bool = False
    low: int = 0
    high: int = 10**_LONGEST_NUMBER - 1
    # Whether its value means anything beside those of the parameters declared before it.
    only: Callable[[Mapping[str, Any]], bool] | None = None
    # What its values are called, where that is the same on every screen.
    words: Mapping[Any, str] = field(default_factory=dict)

    @property
    def is_several(self) -> bool:
        return self.kind in ("many", "ids")

    def means_anything(self, values: Mapping[str, Any]) -> bool:
        """Whether it does beside the values of the others."""
        return self.only is None or self.only(values)

    def read(self, texts: Sequence[str], known: Known) -> tuple[Any, int]:
        """The value that the address names, and how many of several mean nothing.

        Raises ValueError where nothing of it means anything.
        """
        if not self.is_several:
            return self._one(texts[0], known), 0
        tokens = texts if self.is_repeated else [t for text in texts for t in text.split(",")]
        found, strange = [], max(0, len(tokens) - self.most)
        for token in tokens[: self.most]:
            try:
                found.append(self._one(token.strip(), known))
            except ValueError:
                strange += 1
        if not found:
            raise _Strange(self.name)
        return tuple(dict.fromkeys(found)), strange

    def _one(self, text: str, known: Known) -> Any:
        if self.kind == "text":
            if len(text) > _LONGEST_TEXT or not text.isprintable():
                raise _Strange(self.name)
            return text.strip()
        if self.may_be_unknown and text in ("", UNKNOWN):
            return None if self.is_several else UNKNOWN
        if self.kind == "month":
            return _month(text)
        if self.kind == "day":
            return _day(text)
        if self.kind == "row":
            register, _, number = text.partition("-")
            if register not in (self.values or ()):
                raise _Strange(self.name)
            return f"{register}-{_number(number)}"
        allowed = known.get(self.name) if self.values is None else None
        if self.kind in ("id", "ids", "number"):
            value = _number(text)
            if not self.low <= value <= self.high or (allowed is not None and value not in allowed):
                raise _Strange(self.name)
            return value
        if self.values is not None:
            if text not in self.values:
                raise _Strange(self.name)
            return self.values[text]
        if allowed is None or len(text) > 4 * _LONGEST_TEXT or text not in allowed:
            raise _Strange(self.name)
        return text

    def write(self, value: Any) -> str | list[str]:
        """The value as it stands in an address."""
        if not self.is_several:
            return self._token(value)
        tokens = [self._token(one) for one in value]
        return tokens if self.is_repeated else ",".join(tokens)

    def _token(self, value: Any) -> str:
        if value is None:
            return UNKNOWN
        if self.kind == "month":
            return f"{value:%Y-%m}"
        if self.values is not None and self.kind != "row":
            known = self.values.items()
            return next((token for token, held in known if held == value), str(value))
        return str(value)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_NUMBER:
        raise _Strange(text)
    return int(text)


def _month(text: str) -> date:
    year, _, month = text.partition("-")
    if len(year) != 4 or len(month) != 2:
        raise _Strange(text)
    found = date(_number(year), _number(month), 1)
    if found.year not in _YEARS:
        raise _Strange(text)
    return found


def _day(text: str) -> date:
    found = date.fromisoformat(text) if len(text) == len("2026-06-30") else None
    if found is None or found.year not in _YEARS:
        raise _Strange(text)
    return found


def _tokens(values: Collection[Any] | None) -> Mapping[str, Any] | None:
    """Allowed values by how they stand in an address."""
    return {str(value): value for value in values} if values is not None else None


def one_of(name: str, values: Collection[Any] | None = None, **more: Any) -> Parameter:
    """One of some values; without ``values``, of those that :meth:`Query.read` is told."""
    return Parameter(name, "one", values=_tokens(values), **more)


def some_of(name: str, values: Collection[Any] | None = None, **more: Any) -> Parameter:
    """Several of some values, separated by commas (``is_repeated``: the parameter repeated)."""
    return Parameter(name, "many", (), values=_tokens(values), **more)


def an_id(name: str, **more: Any) -> Parameter:
    """The number of one thing, of those that :meth:`Query.read` is told, else any."""
    return Parameter(name, "id", **more)


def ids(name: str, **more: Any) -> Parameter:
    """The numbers of several things, separated by commas."""
    return Parameter(name, "ids", (), **more)


class Share(Protocol):
    """What may be a rate: a figure, or a list of the rows of some."""

    @property
    def parts(self) -> tuple[str, ...]: ...


def a_part(figures: Mapping[str, Share], usual: str) -> Parameter:
    """Which rows of the figure that is asked for: of a rate also those that spoil it.

    Stands behind the parameter ``figure``, whose usual value is ``usual``.
    """
    words = {
        "numerator": "Ở tử số",
        "missing": "Phần còn lại",
        "denominator": "Ở mẫu số",
        "unknown": "Chưa phân loại được",
    }
    return Parameter(
        "part",
        "one",
        "numerator",
        label="Phần của tỷ lệ",
        values={part: part for part in words},
        words=words,
        only=lambda values: (
            values.get("part", "numerator") in figures[values.get("figure", usual)].parts
        ),
    )


def number(name: str, low: int, high: int, **more: Any) -> Parameter:
    """A whole number between two bounds."""
    return Parameter(name, "number", low=low, high=high, **more)


def text(name: str, **more: Any) -> Parameter:
    """What is searched for: any text that is not too long."""
    return Parameter(name, "text", "", **more)


def month(name: str, **more: Any) -> Parameter:
    """A month, as 2026-06; its first day."""
    return Parameter(name, "month", **more)


def opened(name: str, values: Collection[Any] | None = None) -> Parameter:
    """The row that is open, by its number, or one of some values; any other change closes it."""
    kind: Kind = "id" if values is None else "one"
    return Parameter(name, kind, values=_tokens(values), is_open=True, is_listed=False)


def a_room(parts: Mapping[str, str]) -> Parameter:
    """Which part of a screen is looked at; the first one needs no parameter.

    :meth:`Query.read` is told the parts that the reader may see.
    """
    return Parameter("part", "one", next(iter(parts)), is_listed=False)


def row_of(*registers: str) -> Parameter:
    """The row of one of these registers that is open to be mended (ui/kit/record.py): "task-12"."""
    named = dict.fromkeys(registers)
    return Parameter("row", "row", values=named, is_open=True, is_listed=False)


def page(name: str = "p") -> Parameter:
    """The page of a long list; any other change goes back to the first."""
    return Parameter(name, "number", 1, low=1, high=100_000, is_open=True, is_listed=False)


def a_day(name: str, **more: Any) -> Parameter:
    """A day, as 2026-06-30."""
    return Parameter(name, "day", **more)


class Query:
    """The parameters of a screen. ``screen`` begins the keys of its widgets."""

    def __init__(self, screen: str, *parameters: Parameter) -> None:
        self.screen = screen
        self.parameters: dict[str, Parameter] = {each.name: each for each in parameters}

    def read(self, **known: Collection[Any]) -> Asked:
        """What the present address asks for.

        Args:
            known: parameter → the values that mean something to this reader.
        """
        given = {
            name: st.query_params.get_all(name)
            for name in self.parameters
            if name in st.query_params
        }
        return self.parse(given, known)

    def parse(self, given: Mapping[str, Sequence[str]], known: Known) -> Asked:
        """What parameters ask for, with a Vietnamese sentence for each that means nothing."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, parameter in self.parameters.items():
            texts = given.get(name)
            if not texts or (not texts[0] and not parameter.may_be_unknown):
                continue
            try:
                value, strange = parameter.read(texts, known)
                if not parameter.means_anything({**values, name: value}):
                    raise _Strange(name)
                values[name] = value
            except ValueError:
                problems.append(f"Tham số “{name}” trong đường dẫn không hợp lệ nên được bỏ qua.")
                continue
            if strange:
                problems.append(
                    f"Tham số “{name}” trong đường dẫn: {strange} giá trị không có trong phạm vi "
                    "xem nên được bỏ qua."
                )
        return Asked(self, values, tuple(problems))


@dataclass(frozen=True)
class Asked:
    """What a screen is asked for; what is as usual is not in ``values``."""

    query: Query
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name, self.query.parameters[name].usual)

    def is_set(self, name: str) -> bool:
        """Whether a parameter differs from what is usual."""
        return bool(self[name] != self.query.parameters[name].usual)

    def but(self, **changes: Any) -> Asked:
        """The same with other values; None or nothing: as usual.

        Whatever else changes closes the open row and leads to the first page of a list; a row
        that opens closes another one and leaves the page.
        """
        parameters = self.query.parameters
        turns = all(parameters[name].kind == "number" for name in changes)
        stays = all(parameters[name].is_open for name in changes)
        kept = {
            n: v
            for n, v in self.values.items()
            if not parameters[n].is_open or (stays and (turns or parameters[n].kind == "number"))
        }
        values = {n: v for n, v in {**kept, **changes}.items() if v not in (None, (), "")}
        for name, parameter in parameters.items():
            is_of_before = parameter.of in changes and name not in changes
            if name in values and (is_of_before or not parameter.means_anything(values)):
                del values[name]
        return replace(self, values=values, problems=())

    def reset(self) -> Asked:
        """Without any filter."""
        return self.but(**{n: None for n, each in self.query.parameters.items() if each.is_listed})

    def params(self) -> dict[str, str | list[str]]:
        """The address's parameters; what is as usual is left out."""
        found: dict[str, str | list[str]] = {}
        for name, parameter in self.query.parameters.items():
            if name in self.values and self.values[name] != parameter.usual:
                found[name] = parameter.write(self.values[name])
        return found

    def go(self, **changes: Any) -> None:
        """Puts other values into the address (called from widgets)."""
        wanted = self.but(**changes).params() if changes else self.params()
        for name in self.query.parameters:
            if name in wanted:
                st.query_params[name] = wanted[name]
            elif name in st.query_params:
                del st.query_params[name]

    def warn(self) -> None:
        """Names what in the address means nothing."""
        for problem in self.problems:
            st.warning(problem, icon=":material/link_off:")
