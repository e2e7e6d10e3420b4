"""What reports are made of, whatever they are printed on.

Values stay as they were measured; how they are written is :mod:`reports.written`'s business and
the same in every medium. A renderer that meets a block knows its shape and nothing of its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Kind = Literal["text", "count", "rate", "mean", "points", "change", "day", "moment"]
"""What a value is: rates 0–1, ``points`` a change of a rate (0–1), ``change`` one of a count."""

Mark = Literal["", "good", "watch", "bad", "open"]
"""What a value is called against its limit; always with a word (``Number.word``) and a shape."""

Value = str | int | float | date | datetime | None
"""A cell; None: unknown, printed "–" and never 0."""


@dataclass(frozen=True)
class Link:
    """The screen behind a figure: its key in ui/shell/registry.py and its own parameters."""

    screen: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Number:
    """A figure in large type.

    ``figure``: its key in the catalogue; ``below``: what stands under it ("1.159/1.187 hồ sơ");
    ``change``: the sentence of its change, made by what it is compared with.
    """

    figure: str
    label: str
    value: Value
    kind: Kind = "count"
    of: int | None = None
    below: str = ""
    change: str = ""
    change_mark: Mark = ""
    mark: Mark = ""
    word: str = ""
    link: Link | None = None


@dataclass(frozen=True)
class Headline:
    """Figures side by side; a slide holds six at most."""

    numbers: Sequence[Number]


@dataclass(frozen=True)
class Column:
    """A column of a table; ``unit`` stands in its heading, where the title does not say it."""

    title: str
    kind: Kind = "text"
    unit: str = ""
    width: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows of values, in the order of ``columns``.

    ``marks``: of a row, where not "". ``total``: a last row, summed where the figures were.
    ``empty``: what is said in place of no rows.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    total: Sequence[Value] | None = None
    marks: Sequence[Mark] = ()
    note: str = ""
    empty: str = "Không phát sinh trong kỳ báo cáo."


@dataclass(frozen=True)
class Series:
    """A line or a set of bars, a value a category; None: unknown, a gap."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """A picture of numbers; every medium keeps the numbers beside or inside it."""

    title: str
    kind: Literal["columns", "bars", "lines"]
    categories: Sequence[str]
    series: Sequence[Series]
    unit: Kind = "count"
    target: tuple[str, float] | None = None
    note: str = ""
    # What happened: words, and where among the categories (the first one's middle is 0).
    events: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True)
class Sentence:
    """A line that asks for something: ``subject`` in bold before ``text``."""

    subject: str
    text: str
    mark: Mark = ""
    word: str = ""
    link: Link | None = None


@dataclass(frozen=True)
class Sentences:
    """A list of sentences, most urgent first; ``more``: how many were left out."""

    lines: Sequence[Sentence]
    empty: str = "Không có việc cần chỉ đạo."
    more: int = 0
    title: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Running text of a report."""

    text: str


@dataclass(frozen=True)
class HeadCell:
    """A heading of an official form: how many columns and rows it covers."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True)
class FormRow:
    """A row of a form; ``level``: 0 the total, 1 a group, 2 a line."""

    values: Sequence[Value]
    level: int = 2


@dataclass(frozen=True)
class Form:
    """The table of an official form: headings that span, the row of column numbers, lines.

    ``kinds``: of each column. ``widths``: in parts of the whole.
    """

    head: Sequence[Sequence[HeadCell]]
    numbers: Sequence[str]
    kinds: Sequence[Kind]
    rows: Sequence[FormRow]
    widths: Sequence[float] = ()
    note: str = ""
    empty: str = "Không phát sinh trong kỳ báo cáo."


@dataclass(frozen=True)
class Signature:
    """Who signs, and who receives ("Nơi nhận")."""

    roles: Sequence[str]
    place_and_day: str = ""
    receivers: Sequence[str] = ()


Block = Headline | Table | Chart | Sentences | Paragraph | Form | Signature


@dataclass(frozen=True)
class Letterhead:
    """The beginning of a letter, on a page of its own.

    ``issuer``: the lines of the office, its superior first, its number last, beside the national
    heading and ``place_and_day``. ``to``: lines below the title, of whom it is for.
    """

    issuer: Sequence[str]
    place_and_day: str
    title: str
    to: Sequence[str] = ()


@dataclass(frozen=True)
class Section:
    """One message: ``title`` is its sentence. A section is a slide, or a part of a document.

    ``notes``: what the speaker may say, and where the figures are from. ``link``: the live screen.
    ``letterhead``: it is a letter (:attr:`Report.letters`).
    """

    key: str
    title: str
    blocks: Sequence[Block]
    name: str = ""
    notes: str = ""
    link: Link | None = None
    letterhead: Letterhead | None = None


@dataclass(frozen=True)
class Head:
    """What a document is of; it stands on each of its pages.

    ``form``: number and document of an official form ("Biểu II.06a/VPCP/KSTT …") or that it is an
    internal one; ``closed``: by whom and when the figures were frozen. ``issuer``: the lines of the
    office that issues an official document, its superior first, its number last; where there are
    any, the national heading stands beside them, and ``place_and_day`` below it. ``edges``: limits
    that a printed rate stands on the true side of (:func:`reports.written.written`).
    """

    title: str
    whose: str
    period: str
    as_of: str
    definition: str
    source: str
    form: str = ""
    receiver: str = ""
    closed: str = ""
    is_sample: bool = False
    issuer: Sequence[str] = ()
    place_and_day: str = ""
    edges: Sequence[float] | None = None


@dataclass(frozen=True)
class Report:
    """A whole report: what it is of, and its sections in order.

    ``slides``: a section a page, as wide as a screen. ``letters``: a section is a letter, which
    begins a page and has its own head; nothing else stands on the pages.
    """

    key: str
    head: Head
    sections: Sequence[Section]
    landscape: bool = False
    slides: bool = False
    letters: bool = False
