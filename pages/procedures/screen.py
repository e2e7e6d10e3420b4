"""The screen of procedures: catalogue by level and field, versions, the dossiers under them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import streamlit as st

from metrics.core.names import COVERED
from metrics.core.report_forms import told
from metrics.core.vietnamese import UNKNOWN, as_of, day, number
from metrics.dossiers.figures_procedures import CATALOGUE_FIGURE, PROCEDURE_FIGURES
from metrics.dossiers.procedures import (
    FLAWS,
    LEVELS,
    STATES,
    busiest,
    by_field,
    cells,
    levels_of_fields,
    limit_words,
    received_without_limit,
    received_without_procedure,
    versions_of,
)
from metrics.reported.statements import CHECKS, Statement, period_words
from pages.procedures import data as procedures_data
from pages.procedures.charts import field_chart
from pages.procedures.data import COUNTED, EXPIRED, Table
from ui.kit import listing, panel, record
from ui.kit import query as asks
from ui.kit import screen as kit
from ui.kit.card import Deck, Part, Shown, cards
from ui.kit.charts import plot
from ui.kit.dossiers import dossiers
from ui.kit.links import link
from ui.kit.marks import BAD, GOOD
from ui.kit.parts import empty, opens
from ui.kit.rate import rate_column, state_column
from ui.kit.table import Column, Opens, Row, table, twin
from ui.shell.context import Frame
from ui.shell.text import plain, safe

FILTERS: Final[dict[str, str]] = {
    COUNTED: "Thủ tục đang có hiệu lực, mỗi thủ tục một phiên bản",
    "in_force": "Phiên bản đang có hiệu lực",
    "expired": "Hết hiệu lực",
    "replaced": "Đã có phiên bản thay thế",
    "coming": "Chưa có hiệu lực",
    **{flaw: words[0].upper() + words[1:] for flaw, words in FLAWS.items()},
    EXPIRED: "Có hồ sơ theo phiên bản hết hiệu lực",
}
_LEVELS: Final = {level or asks.UNKNOWN: word for level, word in LEVELS.items()}
QUERY: Final = asks.Query(
    "procedures",
    asks.one_of("level", _LEVELS, label="Cấp", every="Mọi cấp"),
    asks.an_id("pfield", label="Lĩnh vực", every="Mọi lĩnh vực"),
    asks.one_of("state", FILTERS, label="Hiệu lực, lưu ý"),
    asks.text("q", label="Tìm mã, tên thủ tục"),
    asks.page(),
    asks.one_of("code", is_open=True, is_listed=False),
    asks.row_of("procedure", "field"),
)
"""The screen's parameters, beside those of the frame."""

IN_FORCE: Final = "procedures_in_force"
NO_LIMIT: Final = "no_limit"
SHOWN: Final = (
    Shown(IN_FORCE, beside=("procedures_province", "procedures_district",
                                         "procedures_commune", "procedures_unknown_level")),
    Shown("received_expired", urges="cần rà soát", alarm=True, as_fraction=True),
    Shown(NO_LIMIT, urges="cần rà soát", none="không có"),
    Shown("flawed", beside=("overlap", "no_level", "no_field", "ending"), urges="cần rà soát",
          none="không có"),
)  # fmt: skip
"""The cards."""

CARD_OPENS: Final = {
    IN_FORCE: COUNTED,
    "received_expired": EXPIRED,
    NO_LIMIT: "no_limit",
}
"""Card → what the list is cut to."""

DOSSIERS: Final = (
    ("received", "received", "Nhận", "Tiếp nhận trong kỳ"),
    ("resolved", "resolved", "Xong", "Đã giải quyết trong kỳ"),
    ("resolved_late", "resolved_late", "Trễ", "Giải quyết quá hạn trong kỳ"),
    ("pending_overdue", "pending_overdue", "Quá hạn", "Đang giải quyết, đã quá hạn"),
)
"""Counts of dossiers: column, the figure whose dossiers it opens, header, meaning."""

PANEL_LINKS: Final = (
    ("received", "Hồ sơ tiếp nhận"),
    ("not_on_time", "Hồ sơ làm giảm tỷ lệ đúng hạn"),
    ("pending_overdue", "Hồ sơ quá hạn đang tồn"),
)
PARTS: Final = {
    listing.LIST: "Danh mục và phiên bản",
    "nhieu-ho-so": "Thủ tục phát sinh nhiều hồ sơ",
    "linh-vuc": "Theo lĩnh vực và cấp",
}
"""The parts below the cards: anchor → heading."""
_FIGURES: Final = PROCEDURE_FIGURES | CATALOGUE_FIGURE
_ONLINE: Final = {"partial": "Một phần", "full": "Toàn trình", None: UNKNOWN}
_MOST_FIELDS: Final = 15


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: the catalogue on the day of the figures, and the view's dossiers."""

    table: Table
    volumes: Table

    @property
    def is_empty(self) -> bool:
        return self.table.is_empty()

    @cached_property
    def versions(self) -> Table:
        """The versions of the procedure that is open."""
        return versions_of(self.table, self.volumes, self.asked["code"])

    @property
    def about(self) -> str:
        return f"Số liệu đến {as_of(self.frame.ask.moment)}. Nguồn: danh mục thủ tục, hồ sơ."

    def field(self, field: int | None) -> str:
        known = self.frame.field_names
        return "Chưa rõ lĩnh vực" if field is None else known.get(field, UNKNOWN)

    def dossiers(self, figure: str, ids: list[int], count: int | None) -> str | None:
        """The address of a figure's dossiers of some versions, for those who may open it."""
        if not count or not opens(self.frame, "late", count):
            return None
        return self.to("late", {"figure": figure, **_cut(ids)})


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    found = procedures_data.catalogue(frame)
    asked = QUERY.read(pfield=procedures_data.fields(found), code=procedures_data.codes(found))
    return Screen(frame, asked, "procedures", found, procedures_data.volumes(frame))


def _name(row: Row) -> str:
    """A procedure's name; one that tells of the applicant is covered for those who may not see."""
    return COVERED if row["is_covered"] else str(row["name"])


def _code(row: Row) -> str:
    return "••••" if row["is_covered"] else str(row["code"])


def heading(screen: Screen) -> None:
    """The title; the catalogue is of a day, the dossiers of the view's period."""
    frame = screen.frame
    kit.heading(screen, "Thủ tục hành chính")
    st.caption(
        f"Danh mục {number(screen.table.height)} phiên bản, hiệu lực ngày "
        f"{day(frame.ask.as_of_day)} (chung cho mọi đơn vị); hồ sơ của "
        f"{frame.view.period.label[0].lower()}{frame.view.period.label[1:]} trong phạm vi đang xem."
    )


def nothing() -> None:
    """There is no catalogue."""
    empty(
        "Chưa có danh mục thủ tục",
        "Chưa nạp thủ tục nào nên chưa biết thời hạn, cấp giải quyết và hiệu lực.",
        "Nạp tệp “Danh mục thủ tục hành chính” ở mục “Nhập liệu” dưới đây, hoặc trang thủ tục "
        "trong tệp hồ sơ ở màn hình Dữ liệu.",
    )


def headline(screen: Screen) -> None:
    """In force by level, expired versions, flaws; below them what was reported in form II.07b."""
    found = cells(screen.table, screen.volumes, screen.frame.ask)

    def rows(key: str, part: Part) -> str | None:
        state = CARD_OPENS.get(key)
        return state and screen.to(screen.page, screen.asked.reset().but(state=state).params())

    dossiers = received_without_limit(screen.table, screen.volumes)
    notes = {NO_LIMIT: f"{number(dossiers)} hồ sơ tiếp nhận trong kỳ"} if dossiers else {}
    form = told("Theo {II.07b}: (3) = (4) + (5) + (6)", screen.frame.ask.last_day)
    lines = {IN_FORCE: (form,)}
    deck = Deck(_FIGURES, found.__getitem__, rows, screen.about, notes, lines)
    cards("procedures", SHOWN, deck)
    st.html(f'<p class="dh-source">{_reported(screen, procedures_data.reported(screen.frame))}</p>')
    kit.contents(screen, PARTS, whole=True)


def _reported(screen: Screen, found: Statement | None) -> str:
    """The row of form II.07b that a unit reported, and whether it adds up."""
    head = safe(told("Số đã báo cáo theo {II.07b}: ", screen.frame.ask.last_day))
    if found is None:
        return f"{head}chưa có, chưa đơn vị nào nhập."
    marks = {"off": BAD, "adds_up": GOOD}
    check = marks[found.check].html(CHECKS[found.check]) if found.check in marks else ""
    whose = screen.frame.unit_names.get(found.unit_id, UNKNOWN)
    sums = f" ({safe(found.arithmetic)})" if found.arithmetic else ""
    when = period_words(found.first)
    return f"{head}<b>{number(found.value)}</b>{sums} {check} · {safe(whose)}, {safe(when)}"


# -- the catalogue ------------------------------------------------------------------------


def catalogue(screen: Screen) -> None:
    """Every version with level, field, limit and validity, cut by the filters."""
    fields = sorted(procedures_data.fields(screen.table), key=screen.field)
    listing.listing(
        screen,
        procedures_data.matches(screen.table, screen.volumes, screen.asked),
        (
            Column("Mã", _code),
            Column(
                "Bản",
                _version,
                help="Phiên bản / số phiên bản",
                is_minor=True,
                in_file=(Column("Phiên bản", "version"), Column("Số phiên bản", "versions")),
            ),
            Column("Thủ tục", _name, is_name=True),
            Column("Lĩnh vực", lambda row: screen.field(row["field_id"]), is_minor=True),
            Column("Cấp", lambda row: LEVELS[row["level"]]),
            Column("Thời hạn", _limit, order="limit_value"),
            Column("Trực tuyến", _online, is_minor=True),
            Column("Từ", "valid_from", "day", is_minor=True),
            Column("Đến", "valid_to", "day", is_minor=True),
            Column("Hiệu lực", lambda row: STATES[row["state"]]),
            Column("Lưu ý", _flaws),
        ),
        title=PARTS[listing.LIST],
        noun="phiên bản",
        alt="Danh mục thủ tục với phiên bản và hiệu lực",
        words={
            "level": _LEVELS,
            "pfield": {field: screen.field(field) for field in fields},
            "state": FILTERS,
            "q": {},
        },
        opens="code",
        by="opens",
    )


def _version(row: Row) -> str:
    return f"{row['version']}/{row['versions']}" if row["versions"] > 1 else "1"


def _limit(row: Row) -> str:
    return limit_words(row["limit_value"], row["limit_unit"])


def _online(row: Row) -> str:
    return str(_ONLINE.get(row["online_level"], row["online_level"]))


def _flaws(row: Row) -> str:
    return "; ".join(words for flaw, words in FLAWS.items() if row[flaw])


# -- one procedure, and dossiers under expired versions -----------------------------------


def title(screen: Screen) -> str:
    """What an open procedure is called."""
    last = screen.versions.row(-1, named=True)
    return f"{_code(last)} · {_name(last)}"


def about(screen: Screen) -> None:
    """An open procedure: its versions, with the dossiers of the period under each."""
    last = screen.versions.row(-1, named=True)
    panel.facts([("Lĩnh vực", screen.field(last["field_id"])), ("Trực tuyến", _online(last))])
    table(
        screen.versions,
        (
            Column("Phiên bản", _version_words, is_name=True),
            Column("Có hiệu lực", _validity),
            Column("Cấp", lambda row: LEVELS[row["level"]]),
            Column("Thời hạn", _limit),
            Column("Tiếp nhận", "received", "count"),
            rate_column(screen.frame, lambda row: _cut([row["procedure_id"]])),
            Column(
                "Theo bản hết hiệu lực",
                _expired,
                in_file=(Column("Theo bản hết hiệu lực", "expired", "count"),),
            ),
        ),
        alt="Phiên bản của thủ tục với hồ sơ trong kỳ",
        opens=record.rows(screen, "procedure", "procedure_id"),
    )
    ids = screen.versions["procedure_id"].to_list()
    links = (
        link(label, screen.to("late", {"figure": key, **_cut(ids)})) for key, label in PANEL_LINKS
    )
    if screen.frame.may("page:late"):
        st.html(f'<nav class="dh-contents">{"".join(links)}</nav>')


def _cut(ids: list[int]) -> dict[str, str]:
    """What cuts a list of dossiers to some versions."""
    return {"procedure": ",".join(map(str, ids))}


def _version_words(row: Row) -> str:
    return f"bản {row['version']} ({STATES[row['state']]})"


def _validity(row: Row) -> str:
    first = day(row["valid_from"]) if row["valid_from"] else "không giới hạn"
    return f"{first} – {day(row['valid_to']) if row['valid_to'] else 'nay'}"


def _expired(row: Row) -> str:
    return BAD.html(number(row["expired"])) if row["expired"] else "0"


def expired(screen: Screen) -> None:
    """The dossiers of an open procedure that were received while their version was not in force."""
    ids = frozenset(screen.versions["procedure_id"].to_list())
    _dossiers(screen, ids)


def expired_of_all(screen: Screen) -> None:
    """The same of all procedures, where the list is cut to these."""
    if screen.asked["state"] == EXPIRED:
        _dossiers(screen)


def _dossiers(screen: Screen, ids: frozenset[int] | None = None) -> None:
    count, found = procedures_data.expired(screen.frame, ids)
    if not count:
        return
    st.header(f"Hồ sơ tiếp nhận theo phiên bản hết hiệu lực: {number(count)}", anchor=False)
    named = {row["procedure_id"]: f"{_code(row)} {_name(row)} (bản {row['version']})"
             for row in screen.table.iter_rows(named=True)}  # fmt: skip
    third = Column("Thủ tục", lambda row: named.get(row["procedure_id"]), is_minor=True)
    alt = "Hồ sơ tiếp nhận theo phiên bản thủ tục hết hiệu lực"
    whole = procedures_data.every_expired(screen.frame, ids)
    dossiers(screen, count, found, third, alt=alt, whole=whole)


# -- by field, and the busiest ------------------------------------------------------------


def tables(screen: Screen) -> None:
    """The busiest procedures; procedures in force by field and level."""
    _busiest(screen)
    _fields(screen)


def _busiest(screen: Screen) -> None:
    st.header(plain(PARTS["nhieu-ho-so"]), anchor="nhieu-ho-so")
    found = procedures_data.openable(busiest(screen.table, screen.volumes), screen.table)
    if found.is_empty():
        empty(
            "Không có hồ sơ nào trong kỳ",
            "Phạm vi đang xem không có hồ sơ của thủ tục nào trong kỳ này.",
            "Hãy chọn kỳ khác hoặc đơn vị khác ở thanh trên.",
        )
        return

    def opened(row: Row) -> str | None:
        return screen.href(code=row["opens"]) if row["opens"] else None

    table(
        found,
        (
            Column("Thủ tục", lambda row: f"{_code(row)} {_name(row)}", is_name=True),
            *(_counted(screen, *each) for each in DOSSIERS),
            rate_column(screen.frame, lambda row: _cut(row["procedure_ids"])),
            state_column(screen.frame, "pending_overdue"),
            Column("Hết hiệu lực", "expired", "count", is_minor=True,
                   help="Tiếp nhận theo phiên bản không có hiệu lực ngày tiếp nhận"),
            Column("Thời hạn", _limit, order="limit_value", is_minor=True),
        ),
        alt="Thủ tục phát sinh nhiều hồ sơ trong kỳ",
        opens=Opens(opened, place=lambda row: listing.open_place("code", row["code"])),
    )  # fmt: skip
    unknown = received_without_procedure(screen.volumes)
    more = f" {number(unknown)} hồ sơ tiếp nhận chưa rõ thủ tục." if unknown else ""
    st.caption(
        "Mọi phiên bản của một thủ tục tính chung. Bấm dòng để xem phiên bản, bấm số để mở hồ sơ."
        + more
    )


def _counted(screen: Screen, column: str, figure: str, label: str, meaning: str) -> Column:
    def to(row: Row) -> str | None:
        return screen.dossiers(figure, row["procedure_ids"], row[column])

    return Column(label, column, "count", help=meaning, href=to)


def _fields(screen: Screen) -> None:
    st.header(plain(PARTS["linh-vuc"]), anchor="linh-vuc")
    counted = by_field(screen.table)
    if counted.is_empty():
        empty("Không có thủ tục nào đang có hiệu lực", "Ngày đang xem không có thủ tục hiệu lực.")
        return
    rows = levels_of_fields(counted)
    names = {row["field_id"]: screen.field(row["field_id"]) for row in rows}
    shown = list(names)[:_MOST_FIELDS]
    plot(
        field_chart(counted, shown, names),
        key="procedures_fields",
        alt=f"Thủ tục đang có hiệu lực theo {number(len(names))} lĩnh vực và cấp",
        title="Thủ tục đang có hiệu lực theo lĩnh vực và cấp",
    )
    if len(names) > len(shown):
        st.caption(f"{number(len(shown))} lĩnh vực nhiều thủ tục nhất trong {number(len(names))}.")
    twin(
        "thủ tục theo lĩnh vực và cấp",
        rows,
        (
            Column("Lĩnh vực", lambda row: names[row["field_id"]], is_name=True),
            *(Column(word, word, "count") for word in LEVELS.values()),
        ),
        alt="Thủ tục theo lĩnh vực và cấp",
    )
