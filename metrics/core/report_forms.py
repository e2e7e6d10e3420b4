"""What report forms are called and who receives reports, by the end of the period reported.

Texts that name a form hold its key in braces ("{II.06a}, cột (4)"); :func:`told` puts the name in
that the form has for the period. Data and sources: metrics/core/report_forms.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

Subject = Literal["kstt", "cchc"]

NO_RECEIVER: Final = "chưa rõ, hãy ghi theo văn bản giao báo cáo"
"""Said where nobody knows who receives a report."""

_KEY: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Form:
    """A form as it is called for periods that end on some days.

    ``number``, ``document``: None where the form in force has not been entered.
    """

    key: str
    name: str
    title: str | None = None
    number: str | None = None
    document: str | None = None


@dataclass(frozen=True)
class Receiver:
    """Who receives the reports on a subject ("nơi nhận báo cáo"), and by which document."""

    name: str
    document: str


def form_on(key: str, period_end: date) -> Form:
    """The form of that key for a period that ends on that day.

    Raises:
        KeyError: no such form, or none on that day.
    """
    for row in _rows("form"):
        if row["key"] == key and _holds(row, period_end):
            return Form(key, row["name"], row.get("title"), row.get("number"), row.get("document"))
    raise KeyError(f"report_forms.toml: no form {key} on {period_end}")


def receiver_on(subject: Subject, period_end: date) -> Receiver | None:
    """Who receives the report of a period that ends on that day; None: not known."""
    for row in _rows("receiver"):
        if row["subject"] == subject and _holds(row, period_end):
            return Receiver(row["name"], row["document"])
    return None


def told(text: str, period_end: date | None) -> str:
    """A text with the forms that it names in braces called as on that day.

    Without a day (a list of all figures) each is called by its first name, with the last day on
    which it holds. Raises KeyError for a form that the data does not have.
    """
    return _KEY.sub(lambda each: _name(each[1], period_end), text)


def _name(key: str, period_end: date | None) -> str:
    if period_end is not None:
        return form_on(key, period_end).name
    first = next((row for row in _rows("form") if row["key"] == key), None)
    if first is None:
        raise KeyError(f"report_forms.toml: no form {key}")
    last: date | None = first.get("until")
    if last is None:
        return str(first["name"])
    then = form_on(key, last + timedelta(days=1)).name
    return f"{first['name']}; kỳ kết thúc sau {last:%d/%m/%Y}: {then}"


def _holds(row: Mapping[str, Any], day: date) -> bool:
    return bool(row.get("from", date.min) <= day <= row.get("until", date.max))


@cache
def _rows(table: str) -> tuple[dict[str, Any], ...]:
    text = resources.files("metrics").joinpath("core/report_forms.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)[table])
