"""What a list of dossiers is asked for in the URL: the figure, its filters, the open dossier.

Values come from outside: each is checked against what the reader may see; one that means
nothing is left out and named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from metrics.core.parts import part_of
from metrics.dossiers.catalogue import figure
from metrics.dossiers.lateness import Filters, group_of

KEYS: Final = (
    "figure",
    "part",
    "units",
    "field",
    "procedure",
    "channel",
    "officer",
    "step",
    "band",
    "cause",
    "apology",
    "left",
    "q",
    "dossier",
)
"""The parameters of this screen, beside those of the frame."""

UNKNOWN: Final = "none"
"""Stands for "unknown" in a list of values; an empty value means the same."""

_LISTS: Final = {
    "units": "units",
    "fields": "field",
    "procedures": "procedure",
    "channels": "channel",
    "officers": "officer",
    "steps": "step",
    "bands": "band",
    "causes": "cause",
}
"""Field of :class:`Filters` → its parameter."""

_LONGEST_CODE: Final = 64
_NAMES: Final = {
    "units": "Đơn vị",
    "field": "Lĩnh vực",
    "procedure": "Thủ tục",
    "channel": "Kênh",
    "officer": "Cán bộ",
    "step": "Bước",
    "band": "Số ngày trễ",
    "cause": "Nguyên nhân",
    "left": "Số ngày còn lại",
    "apology": "Tình trạng xin lỗi",
    "part": "Phần của tỷ lệ",
    "dossier": "Hồ sơ",
}


@dataclass(frozen=True)
class Known:
    """Values that mean something to this reader. ``bands``: token → lower edge."""

    units: Collection[int]
    fields: Collection[int]
    procedures: Collection[int]
    officers: Collection[int]
    steps: Collection[str]
    channels: Collection[str]
    causes: Collection[str]
    bands: Mapping[str, int]


@dataclass(frozen=True)
class Query:
    """A list of dossiers, and which of them is open."""

    figure: str = "pending_overdue"
    part: str = "numerator"
    filters: Filters = field(default_factory=Filters)
    dossier: int | None = None

    def params(self, tokens: Mapping[int, str]) -> dict[str, str | list[str]]:
        """The URL's parameters; what equals the default is left out.

        Args:
            tokens: lower edge of a band → how it stands in a URL.
        """
        usual = Query()
        found: dict[str, str | list[str]] = {}
        if self.figure != usual.figure:
            found["figure"] = self.figure
        if self.part != usual.part:
            found["part"] = self.part
        found |= _written(self.filters, tokens)
        if self.dossier is not None:
            found["dossier"] = str(self.dossier)
        return found

    def narrowed(self, **changes: Any) -> Query:
        """With other filters; the open dossier is closed."""
        return replace(self, filters=replace(self.filters, **changes), dossier=None)


def is_ratio(key: str) -> bool:
    """Whether a group is a rate or a mean, so that its denominator has rows, too."""
    return all(figure(one).is_ratio for one in group_of(key).figures)


def _written(filters: Filters, tokens: Mapping[int, str]) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for name, key in _LISTS.items():
        values = getattr(filters, name)
        if not values:
            continue
        if name == "steps":  # names may hold commas: the parameter is repeated instead
            found[key] = list(values)
        else:
            found[key] = ",".join(_token(name, value, tokens) for value in values)
    if filters.apology is not None:
        found["apology"] = "issued" if filters.apology else "missing"
    if filters.left is not None:
        found["left"] = str(filters.left)
    if filters.code:
        found["q"] = filters.code
    return found


def _token(name: str, value: Any, tokens: Mapping[int, str]) -> str:
    if value is None:
        return UNKNOWN
    return tokens[value] if name == "bands" else str(value)


def read_query(params: Mapping[str, Sequence[str]], known: Known) -> tuple[Query, list[str]]:
    """The query that parameters name, and a Vietnamese sentence for each that was left out.

    Args:
        params: parameter → its values (a parameter may be repeated).
    """
    problems: list[str] = []
    query = Query()
    for key in KEYS:
        values = params.get(key)
        if not values:
            continue
        try:
            query = _READERS[key](query, values, known, problems)
        except (ValueError, KeyError):
            # The value is not repeated: a link could put words, and addresses, on the screen.
            problems.append(f"Tham số “{key}” trong đường dẫn không hợp lệ nên được bỏ qua.")
    return query, problems


_Reader = Callable[[Query, Sequence[str], Known, list[str]], Query]


def _figure(query: Query, values: Sequence[str], known: Known, problems: list[str]) -> Query:
    group_of(values[0])
    return replace(query, figure=values[0])


def _part(query: Query, values: Sequence[str], known: Known, problems: list[str]) -> Query:
    if not is_ratio(query.figure):
        raise ValueError(values[0])
    for key in group_of(query.figure).figures:
        part_of(figure(key), values[0])
    return replace(query, part=values[0])


def _dossier(query: Query, values: Sequence[str], known: Known, problems: list[str]) -> Query:
    if not values[0].isdecimal() or len(values[0]) > 18:
        raise ValueError(values[0])
    return replace(query, dossier=int(values[0]))


def _left(query: Query, values: Sequence[str], known: Known, problems: list[str]) -> Query:
    if query.figure != "due_soon" or not values[0].isdecimal() or len(values[0]) > 3:
        raise ValueError(values[0])
    return query.narrowed(left=int(values[0]))


def _apology(query: Query, values: Sequence[str], known: Known, problems: list[str]) -> Query:
    return query.narrowed(apology={"issued": True, "missing": False}[values[0]])


def _code(query: Query, values: Sequence[str], known: Known, problems: list[str]) -> Query:
    return query.narrowed(code=values[0].strip()[:_LONGEST_CODE])


def _list(name: str) -> _Reader:
    """A reader of comma-separated values; those that are not known are left out and counted."""

    def read(query: Query, values: Sequence[str], known: Known, problems: list[str]) -> Query:
        tokens = values if name == "steps" else [t for v in values for t in v.split(",")]
        found, strange = [], 0
        for token in tokens:
            try:
                found.append(_value(name, token.strip(), known))
            except (ValueError, KeyError):
                strange += 1
        if strange:
            label = _NAMES[_LISTS[name]]
            problems.append(
                f"{label}: {strange} giá trị trong đường dẫn không có trong phạm vi xem nên được "
                "bỏ qua."
            )
        return query.narrowed(**{name: tuple(dict.fromkeys(found))})

    return read


def _value(name: str, token: str, known: Known) -> Any:
    if token in ("", UNKNOWN) and name not in ("units", "steps", "bands"):
        return None
    if name == "bands":
        return known.bands[token]
    allowed: Collection[Any] = getattr(known, name)
    value: Any = token if name in ("channels", "steps", "causes") else _number(token)
    if value not in allowed:
        raise ValueError(token)
    return value


def _number(token: str) -> int:
    if not token.isdecimal() or len(token) > 18:
        raise ValueError(token)
    return int(token)


_READERS: Final[dict[str, _Reader]] = {
    "figure": _figure,
    "part": _part,
    "apology": _apology,
    "left": _left,
    "q": _code,
    "dossier": _dossier,
    **{key: _list(name) for name, key in _LISTS.items()},
}

if set(_READERS) != set(KEYS) or set(_LISTS) > {each.name for each in fields(Filters)}:
    raise AssertionError("every parameter has a reader, every list a filter")
