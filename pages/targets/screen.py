"""The screen of targets: what it shows, and its parts in the page's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import streamlit as st

from metrics.core.on_time import on_time_definition
from metrics.core.report_forms import told
from metrics.core.vietnamese import UNKNOWN, as_of, day, number
from metrics.registers.targets import METRIC_KINDS, OPERATORS
from metrics.targets import tables as tables_of
from metrics.targets.figures import STATE_OF, TARGET_FIGURE, cell
from metrics.targets.lines import is_running
from metrics.targets.measured import figure_of, limit_of, reading_of
from metrics.targets.review import Judged, Signed, counted
from metrics.targets.terms import STATES, State
from pages.targets import data as target_data
from ui.kit import listing, record, writing
from ui.kit import panel as kit_panel
from ui.kit import screen as kit
from ui.kit.card import Deck, Part, Shown, cards
from ui.kit.links import href
from ui.kit.marks import MARKS, Html
from ui.kit.parts import empty, go
from ui.kit.parts import opens as may_open
from ui.kit.query import Query, an_id, one_of, opened, page, row_of
from ui.kit.table import Column, Opens, Row, table
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.text import plain

QUERY: Final = Query(
    "targets",
    an_id("programme", label="Chương trình, kế hoạch"),
    an_id("whose", label="Đơn vị được đánh giá", every="Tất cả đơn vị"),
    one_of("state", STATES, label="Tình trạng", every="Mọi tình trạng"),
    page(),
    opened("target"),
    row_of("programme", "target", "commitment", "unit_rating"),
)
"""The screen's parameters, beside those of the frame."""

SHOWN: Final = (
    Shown("targets_missed", urges="cần chỉ đạo", alarm=True, none="không chỉ tiêu nào"),
    Shown("targets_at_risk", urges="lưu ý", none="không chỉ tiêu nào"),
    Shown("targets_likely"),
    Shown("targets_met"),
    Shown("targets_unknown", note="Chưa đánh giá được không phải là không đạt."),
)
"""The cards."""

_KINDS: Final = {choice.value: choice.word for choice in METRIC_KINDS}
_OPERATORS: Final = {choice.value: choice.word for choice in OPERATORS}
_NAMED_SIGNERS: Final = 2
_ELSEWHERE: Final = "Hãy bỏ bớt bộ lọc, hoặc mở các chỉ tiêu của nơi khác, kế hoạch khác ở dưới."
_BY_STATE: Final = tuple(
    Column(figure.label, key, "count", help=figure.meaning) for key, figure in TARGET_FIGURE.items()
)


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: targets in view, and the signatures of the units in view."""

    judged: list[Judged]
    signed: list[Signed]
    place: frozenset[int] | None
    """The units of the chosen place, or of the one that the installation works for; None: all."""

    @property
    def is_empty(self) -> bool:
        return not self.judged

    @property
    def version(self) -> str:
        return self.frame.looking_at(*target_data.REGISTERS)

    @property
    def sources(self) -> list[str]:
        return [one.row["source"] for one in self.judged]

    @property
    def among(self) -> list[Judged]:
        """The targets of the programme and the unit that the filters leave, in any state."""
        return [
            one
            for one in self.judged
            if self.asked["programme"] in (None, one.row["programme_id"])
            and self.asked["whose"] in (None, one.row["unit_id"])
        ]

    @cached_property
    def in_force(self) -> list[Judged]:
        """Those that run in the period, of the place or signed there; all where none does."""
        signed = {one.row["target_id"] for one in self.signed if self._is_here(one.row["unit_id"])}
        found = [
            one
            for one in self.among
            if is_running(one.target, self.frame.ask)
            and (self._is_here(one.row["unit_id"]) or one.row["target_id"] in signed)
        ]
        return found or self.among

    def _is_here(self, unit: int) -> bool:
        return self.place is None or unit in self.place

    @property
    def chosen(self) -> list[Judged]:
        """Of those in force, what all filters leave."""
        return self._in_state(self.in_force)

    @property
    def folded(self) -> list[Judged]:
        """Of other places and of plans that are over, what all filters leave."""
        here = {one.row["target_id"] for one in self.in_force}
        return self._in_state([one for one in self.among if one.row["target_id"] not in here])

    def _in_state(self, judged: list[Judged]) -> list[Judged]:
        wanted = self.asked["state"]
        return [one for one in judged if wanted in (None, one.judgement.state)]

    @property
    def signed_here(self) -> list[Signed]:
        """The signatures under those in force that the filters leave, whatever their state."""
        wanted = {one.row["target_id"] for one in self.in_force}
        return [one for one in self.signed if one.row["target_id"] in wanted]

    @property
    def programmes(self) -> dict[int, dict[str, Any]]:
        rows = target_data.all_programmes(self.version).to_dicts()
        return {row["programme_id"]: row for row in rows}


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    judged, signed = target_data.review(frame.looking_at(*target_data.REGISTERS), frame.view)
    asked = QUERY.read(
        programme={one.row["programme_id"] for one in judged},
        whose={one.row["unit_id"] for one in judged},
        target={one.row["target_id"] for one in judged},
    )
    return Screen(frame, asked, "targets", judged, signed, _place(frame))


def _place(frame: Frame) -> frozenset[int] | None:
    """Published examples and plans of other places are not what the reader is asked about."""
    root = frame.view.unit if frame.view.unit is not None else data.own_root(frame.version)
    return data.scope_within(frame.version, root)


def heading(screen: Screen) -> None:
    """The title, and as of when."""
    kit.heading(screen, "Chỉ tiêu, cam kết")
    st.html(
        f'<p class="dh-source">Đánh giá tại thời điểm {as_of(screen.frame.ask.moment)}, mỗi chỉ '
        "tiêu trong kỳ của chính nó.</p>"
    )


def nothing(screen: Screen) -> None:
    """The register is empty, or nothing of it concerns the units in view."""
    if target_data.all_targets(screen.version).is_empty():
        empty(
            "Chưa có chỉ tiêu nào",
            "Sổ chỉ tiêu, cam kết chưa được nạp nên chưa có gì để đánh giá.",
            "Tải mẫu, điền và nạp tệp ở mục “Nhập từ tệp” dưới đây; hoặc thêm chỉ tiêu ngay trên "
            "màn hình; hoặc nạp bộ ví dụ: `.venv/bin/python -m connectors register examples`.",
        )
        return
    empty(
        "Không có chỉ tiêu trong phạm vi đang xem",
        f"{plain(screen.frame.whose)} không có chỉ tiêu, cũng chưa ký cam kết nào.",
        None
        if screen.frame.view.unit is None
        else f"Hãy chọn “{plain(screen.frame.everything)}” ở thanh trên.",
    )


def headline(screen: Screen) -> None:
    """How many targets in force are in which state; each number cuts the list to it."""
    among = screen.in_force
    counts = counted([one.judgement.state for one in among])
    word = "" if len(among) == len(screen.among) else " đang có hiệu lực"
    note = f"trong {number(len(among))} chỉ tiêu{word}"

    def rows(key: str, part: Part) -> str | None:
        return screen.href(state=STATE_OF[key]) if counts[STATE_OF[key]] else None

    about = f"Số liệu đến {as_of(screen.frame.ask.moment)}. "
    about += f"Nguồn: {kit.sources_text(screen.sources)}."
    deck = Deck(
        TARGET_FIGURE,
        lambda key: cell(key, counts),
        rows,
        about,
        notes=dict.fromkeys(TARGET_FIGURE, note),
    )
    cards("targets", SHOWN, deck)


# -- the list -----------------------------------------------------------------------------


def mark(state: State) -> Html:
    """A state: its shape and its word."""
    return MARKS["target"][state].html(STATES[state])


def target_list(screen: Screen) -> None:
    """The targets in force with value, limit and arithmetic; a row opens. Others are folded."""
    names, programmes = screen.frame.unit_names, screen.programmes
    words: dict[str, Mapping[Any, str]] = {
        "programme": {
            key: programmes[key]["name"]
            for key in dict.fromkeys(one.row["programme_id"] for one in screen.judged)
        },
        "whose": {
            key: names.get(key, UNKNOWN)
            for key in dict.fromkeys(one.row["unit_id"] for one in screen.judged)
        },
        "state": STATES,
    }
    listing.listing(
        screen,
        tables_of.target_rows(screen.chosen, screen.signed),
        _columns(screen),
        title="Danh sách chỉ tiêu",
        noun="chỉ tiêu",
        alt="Danh sách chỉ tiêu, không đạt và nguy cơ trước",
        words=words,
        nothing=_ELSEWHERE if screen.folded else "",
        opens="target",
        by="target_id",
    )
    if not screen.folded:
        return
    with st.expander(f"Nơi khác, kế hoạch đã qua hoặc chưa tới ({number(len(screen.folded))})"):
        table(
            tables_of.target_rows(screen.folded, screen.signed),
            _columns(screen),
            alt="Chỉ tiêu của nơi khác, của kế hoạch đã qua hoặc chưa tới",
            opens=listing.row_opens(screen, "target", "target_id"),
        )


def _columns(screen: Screen) -> tuple[Column, ...]:
    places, programmes = screen.frame.place_names, screen.programmes
    return (
            Column("Tình trạng", lambda row: mark(row["state"]), order="urgency"),
            Column("Chỉ tiêu", lambda row: f"{row['code']}. {row['name']}", is_name=True),
            Column("Đơn vị", lambda row: places.get(row["unit_id"], UNKNOWN)),
            Column("Hiện tại", "shown"),
            Column("Phải đạt", _limit),
            Column("Cách đánh giá", "sentence", width="26%"),
            Column("Kỳ", _days, order="period_from", is_minor=True),
            Column("Cam kết", lambda row: _signers(row["signers"], places), is_minor=True),
            Column("Chương trình", lambda row: programmes[row["programme_id"]]["code"],
                   is_minor=True),
    )  # fmt: skip


def _limit(row: Row) -> str:
    return str(row["limit"]) + (", ở mọi kỳ" if row["every_period"] else "")


def _days(row: Row) -> str:
    return f"{day(row['period_from'])}–{day(row['period_to'])}"


def _signers(units: list[int], places: Mapping[int, str]) -> str | None:
    if not units:
        return None
    named = ", ".join(places.get(unit, UNKNOWN) for unit in units[:_NAMED_SIGNERS])
    return f"{number(len(units))} đơn vị ký: {named}" + ("…" if len(units) > _NAMED_SIGNERS else "")


# -- tables -------------------------------------------------------------------------------


def tables(screen: Screen) -> None:
    """By programme, and by who signed."""
    st.header("Tổng hợp", anchor="tong-hop")
    signers, programmes = st.tabs(["Cam kết đã ký", "Chương trình, kế hoạch"])
    with signers:
        _signers_table(screen)
    with programmes:
        _programmes(screen)


def _programmes(screen: Screen) -> None:
    places = screen.frame.place_names
    table(
        tables_of.programme_rows(target_data.all_programmes(screen.version), screen.among),
        (
            Column("Chương trình, kế hoạch", "name", is_name=True),
            Column("Đơn vị ban hành", lambda row: places.get(row["unit_id"], UNKNOWN)),
            Column("Văn bản", lambda row: row["document"] or "chưa ghi số văn bản"),
            Column("Ngày ban hành", "issued_on", "day", is_minor=True),
            *_BY_STATE,
        ),
        alt="Chương trình, kế hoạch với số chỉ tiêu theo tình trạng",
        opens=listing.narrows(screen, lambda row: {"programme": row["programme_id"]}),
    )


def _signers_table(screen: Screen) -> None:
    if not screen.signed_here:
        empty(
            "Chưa có cam kết nào được ký dưới các chỉ tiêu này",
            "Chưa nhập cam kết nên chưa biết ai chịu trách nhiệm.",
            "Nạp tệp cam kết ở mục “Nhập từ tệp” dưới đây." if writing.may_edit() else None,
        )
        return
    names = screen.frame.unit_names
    table(
        tables_of.signer_rows(screen.signed_here),
        (
            Column("Đơn vị cam kết", lambda row: names.get(row["unit_id"], UNKNOWN), is_name=True),
            Column("Người ký", "signer"),
            Column("Chức vụ", "position", is_minor=True),
            Column("Ngày ký", "signed_on", "day"),
            Column("Đã ký", "signed", "count"),
            *_BY_STATE,
        ),
        alt="Các đơn vị đã ký cam kết và kết quả, cần chỉ đạo nhiều xếp trước",
    )
    st.caption(
        "Chỉ tiêu đo từ hồ sơ, từ báo cáo và xếp loại được đánh giá trên kết quả của chính đơn vị "
        "ký; chỉ tiêu chung (thứ hạng, tỷ lệ đơn vị) theo kết quả chung."
    )


# -- one target ---------------------------------------------------------------------------


def open_target(screen: Screen) -> Judged | None:
    """The target that the address opens; None: none is."""
    wanted = screen.asked["target"]
    return next((one for one in screen.judged if one.row["target_id"] == wanted), None)


def about(screen: Screen, target: Judged) -> None:
    """What an open target says and how it is judged; the way to its dossiers."""
    row, found = target.row, target.judgement
    figure, reading = figure_of(target.target), reading_of(target.target)
    programme = screen.programmes[row["programme_id"]]
    basis = figure and told(figure.basis, screen.frame.ask.last_day)
    st.html(f"<p>{mark(found.state)}</p>")
    pairs = [
        ("Cách đánh giá", found.sentence),
        ("Phải đạt", _limit(row | {"limit": limit_of(target.target)})),
        ("Hiện tại", found.shown),
        ("Đơn vị được đánh giá", screen.frame.place_names.get(row["unit_id"], UNKNOWN)),
        ("Kỳ", _days(row)),
        ("Đo bằng", _KINDS.get(row["metric_kind"], UNKNOWN)),
        ("Số liệu", figure.label if figure else row["metric"]),
        ("Cách tính", f"{figure.meaning} Căn cứ: {basis}" if figure else None),
        ("Định nghĩa đúng hạn", on_time_definition(reading).label if reading else None),
        ("Phép so sánh", _OPERATORS.get(row["operator"], UNKNOWN)),
        ("Văn bản", programme["document"] or programme["name"]),
        ("Nguồn của chỉ tiêu", row["source"]),
        ("Nguồn của số liệu", found.source),
    ]
    kit_panel.facts([(label, value) for label, value in pairs if value])
    kit_panel.quote(row["wording"])
    if figure is not None and found.shown != UNKNOWN:
        go(
            screen.frame,
            "late",
            f"Mở hồ sơ của chỉ tiêu {plain(row['code'])}",
            target_data.dossier_params(screen.frame, target.target),
            icon=":material/folder_open:",
        )


def signatures(screen: Screen, target: Judged) -> None:
    """Who signed an open target, each with its own result; a row opens its dossiers."""
    mine = tables_of.signed_rows(screen.signed, target.row["target_id"])
    if not mine:
        return
    frame = screen.frame
    is_open = figure_of(target.target) is not None and may_open(frame, "late")

    def dossiers(row: Row) -> str:
        found = target_data.dossier_params(frame, row["judged"].target, row["unit_id"])
        return href(frame, "late", found)

    st.markdown(f"**Đã ký cam kết ({number(len(mine))})**")
    table(
        mine,
        (
            Column("Tình trạng", lambda row: mark(row["state"]), order="urgency"),
            Column("Đơn vị cam kết", lambda row: frame.unit_names.get(row["unit_id"], UNKNOWN),
                   is_name=True),
            Column("Hiện tại", "shown"),
            Column("Cách đánh giá", "why"),
            Column("Người ký", "signer", is_minor=True),
            Column("Chức vụ", "position", is_minor=True),
            Column("Ngày ký", "signed_on", "day", is_minor=True),
            Column("Cam kết",
                   lambda row: record.link_to(screen, "commitment", row["commitment_id"]),
                   in_file=()),
        ),
        alt="Các đơn vị đã ký chỉ tiêu này, cần chỉ đạo nhất ở trên",
        opens=Opens(dossiers) if is_open else None,
    )  # fmt: skip
    if is_open:
        st.caption("Bấm một dòng để mở hồ sơ của đơn vị ấy.")


def history(target: Judged) -> None:
    """Who changed what of an open target."""
    writing.show_history("target", target.row["target_id"], "Lịch sử thay đổi của chỉ tiêu")
