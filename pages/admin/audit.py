"""Administration: the audit, its lines in words, whether it is whole, and as a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

import streamlit as st

from connectors import access, audit
from connectors.audit import ACTIONS, Wanted
from connectors.engine import Scope
from metrics.core.vietnamese import UNKNOWN, number
from metrics.registers import REGISTERS
from pages.admin import screen as admin
from pages.admin.screen import SPANS, Screen
from ui.kit.away import offered
from ui.kit.cells import with_note
from ui.kit.filters import Words, chips, filters
from ui.kit.listing import page_links
from ui.kit.marks import WARN, Html
from ui.kit.parts import empty
from ui.kit.sheet import Sheet, file_stem
from ui.kit.table import Column, Row, table
from ui.shell import data
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.text import plain

PAGE: Final = 50
MOST: Final = 100_000
"""Lines of a file; the newest, when more fit."""
_DAYS: Final = {"today": 1, "week": 7, "month": 30}
_REFUSALS: Final = ("sign_in_refused", "refused")
_TOLD: Final = ("sign_in_refused", "refused", "reveal", "export", "close_period")
"""Actions that are counted above the list: what a reader of an audit looks for first."""

_LABELS: Final = {
    "role": "vai trò",
    "also": "kèm theo",
    "unit_id": "đơn vị",
    "ended": "số phiên kết thúc",
    "rejected_rows": "dòng bị từ chối",
    "dossier_owners": "chủ hồ sơ",
    "sessions": "phiên đăng nhập",
    "dry_run": "chỉ báo trước",
    "notes": "ghi chú",
    "number": "số",
    "ip": "địa chỉ",
    "attempts": "số lần thử được bỏ qua",
    "action": "việc",
    "register": "sổ",
    "row": "dòng",
    "outcome": "kết quả",
    "by": "người cập nhật",
    "source": "nguồn",
    "mapping": "ánh xạ",
    "file": "tệp",
    "read": "đọc",
    "inserted": "mới",
    "changed": "thay đổi",
    "unchanged": "không đổi",
    "rejected": "bị từ chối",
    "everywhere": "mọi nơi",
    "reason": "lý do",
    "rows": "số dòng",
    "lines": "số dòng",
    "format": "dạng tệp",
    "document": "văn bản",
    "threshold": "mã ngưỡng",
    "value": "giá trị",
    "before": "trước đó",
    "valid_from": "hiệu lực từ",
    "day": "ngày",
    "dossiers": "số hồ sơ",
    "end": "đến ngày",
    "seed": "số khởi tạo ngẫu nhiên",
    "bytes": "số byte",
    "first": "từ dòng",
    "next": "khóa tiếp theo",
    "closed": "khóa đã đóng",
    "lost": "khóa đã mất",
    "broken": "dòng sai đầu tiên",
    "sha256": "mã SHA-256",
}
_VALUES: Final = {
    "inserted": "thêm mới",
    "changed": "sửa",
    "deleted": "xóa",
    True: "có",
    False: "không",
}


def trail(screen: Screen) -> None:
    """The lines that fit the filters, newest first; checking; the file."""
    frame = screen.frame
    if not frame.may("see_audit"):
        st.error("Vai trò của bạn không được xem nhật ký.", icon=":material/lock:")
        return
    wanted = _filters(screen)
    if wanted is None:
        st.info("Hãy chọn ngày đầu và ngày cuối.")
        return
    database, zone, scope = data.database(), data.settings().zone, Scope(frame.scope)
    counts = asked(lambda: audit.tally(database, zone, scope, wanted))
    if counts is None:
        admin.lost()
        return
    total = sum(counts.values())
    _summary(counts, total)
    with st.expander("Nhật ký có còn nguyên vẹn? Kiểm tra chuỗi", icon=":material/verified:"):
        _check()
    _file(frame, wanted, total)
    if not total:
        empty("Không có dòng nào", "Không dòng nào của nhật ký thỏa các bộ lọc đang đặt.")
        return
    pages = -(-total // PAGE)
    at = min(screen.asked["p"], pages)
    lines = asked(partial(_read, scope, wanted, limit=PAGE, offset=(at - 1) * PAGE))
    if lines is None:
        admin.lost()
        return
    _table(lines, frame.unit_names)
    page_links(screen, at, pages)


def _read(scope: Scope, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Row]:
    settings = data.settings()
    given = {name: getattr(wanted, name) for name in asdict(wanted)}
    found = audit.read(data.database(), settings.zone, scope, limit=limit, offset=offset, **given)
    return list(found.iter_rows(named=True))


# -- filters ------------------------------------------------------------------------------


def _filters(screen: Screen) -> Wanted | None:
    words: Words = {"span": SPANS, "actions": ACTIONS, "actor": {}, "text": {}}
    filters(screen, words)
    chips(screen, {name: each for name, each in words.items() if name != "span"})
    asked_for, span = screen.asked, screen.asked["span"]
    wanted = Wanted(
        actions=asked_for["actions"],
        actor=asked_for["actor"] or None,
        text=asked_for["text"] or None,
    )
    if span == "custom":
        bounds: tuple[date, ...] = st.date_input(
            "Từ ngày – đến ngày", (_today() - timedelta(days=6), _today()),
            format="DD/MM/YYYY", key="audit_days", width=230,
        )  # fmt: skip
        if len(bounds) != 2:
            return None
        return replace(wanted, since=_start(bounds[0]), until=_start(bounds[1] + timedelta(days=1)))
    if span in _DAYS:
        return replace(wanted, since=_start(_today() - timedelta(days=_DAYS[span] - 1)))
    return wanted


def _today() -> date:
    return datetime.now(data.settings().zone).date()


def _start(day: date) -> datetime:
    return datetime.combine(day, time())


def _summary(counts: Mapping[str, int], total: int) -> None:
    told = {
        key: f"{number(counts[key])} {ACTIONS[key].lower()}" for key in _TOLD if counts.get(key)
    }
    admin.summary(
        f"<b>{number(total)}</b> dòng",
        *(WARN.html(text) if key in _REFUSALS else text for key, text in told.items()),
    )


# -- the lines ----------------------------------------------------------------------------


def _table(lines: Sequence[Row], units: Mapping[int, str]) -> None:
    """Lines in the order given; what came several times in a row stands once."""
    groups: list[list[Row]] = []
    for line in lines:
        if groups and _same(groups[-1][-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    table(
        [dict(group[0]) | {"group": group} for group in groups],
        (
            Column("Lúc", _when, "moment"),
            Column("Ai", "actor"),
            Column("Việc", _what, is_name=True),
            Column("Đối tượng, chi tiết", lambda row: _object(row, units)),
        ),
        alt="Các dòng của nhật ký, mới nhất trước",
        sorts=False,
        away=None,  # a page of what goes away whole above it
    )


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    kept = ("actor", "action", "subject", "unit_id", "detail")
    return all(one[name] == other[name] for name in kept)


def _when(row: Row) -> Html:
    group, numbers = row["group"], number(row["id"])
    if len(group) > 1:
        oldest = group[-1]
        numbers = f"{number(oldest['id'])}–{numbers}, từ {oldest['at']:%d/%m %H:%M:%S}"
    return with_note(f"{row['at']:%d/%m/%Y %H:%M:%S}", f"dòng {numbers}")


def _what(row: Row) -> str:
    count = len(row["group"])
    label = row["label"] + (f" × {number(count)}" if count > 1 else "")
    return WARN.html(label) if row["action"] in _REFUSALS else label


def _object(row: Row, units: Mapping[int, str]) -> Html:
    where = f" · {units[row['unit_id']]}" if row["unit_id"] in units else ""
    return with_note(f"{subject_words(row['subject'])}{where}", detail_words(row["detail"], units))


def subject_words(subject: str | None) -> str:
    """What was acted on, in words; a screen or action by its label."""
    known = access.table().actions.get(subject or "")
    return (subject or UNKNOWN) if known is None else known.label


def detail_words(detail: str | None, units: Mapping[int, str]) -> str:
    """A line's detail (JSON) in words: "vai trò: Đơn vị → Lãnh đạo; tệp: ho-so.csv"."""
    if not detail:
        return ""
    found: dict[str, Any] = json.loads(detail)
    return "; ".join(
        f"{_LABELS.get(key, key)}: {_value(key, value, units)}"
        for key, value in found.items()
        if value is not None
    )


def _value(key: str, value: Any, units: Mapping[int, str]) -> str:
    if isinstance(value, list):
        return ", ".join(_value(key, one, units) for one in value)
    if isinstance(value, str) and " → " in value:
        return " → ".join(_value(key, part, units) for part in value.split(" → "))
    if key == "role":
        return access.table().roles.get(str(value), str(value))
    if key == "action":
        known = access.table().actions.get(str(value))
        return str(value) if known is None else known.label
    if key == "register":
        return REGISTERS[value].label if value in REGISTERS else str(value)
    if key == "unit_id":
        text = str(value)
        return units.get(int(text), text) if text.isdecimal() else "mọi đơn vị"
    if isinstance(value, bool | str):
        return _VALUES.get(value, str(value))
    if isinstance(value, float) and not value.is_integer():
        return str(value).replace(".", ",")
    return number(value)


# -- the file -----------------------------------------------------------------------------


def _file(frame: Frame, wanted: Wanted, total: int) -> None:
    scope, units, detail = Scope(frame.scope), frame.unit_names, _told(wanted)

    sheet = Sheet(
        "Nhật ký",
        file_columns(units),
        lambda: _read(scope, wanted, limit=MOST),
        (("Danh sách", "Nhật ký kiểm soát"), ("Phạm vi", frame.everything)),
        "dòng",
        detail,
    )
    with st.container(horizontal=True, gap="small"):
        offered(
            frame,
            lambda: sheet,
            "nhật ký kiểm soát",
            file_stem("", sheet.title, _today()),
            key="audit",
            label="Tải {}",
            action="see_audit",
            disabled=not total,
            help=f"{number(min(total, MOST))} dòng đang lọc, mới nhất trước; việc tải cũng được "
            "ghi vào nhật ký",
        )


def _told(wanted: Wanted) -> dict[str, Any]:
    """The filter for the file's own line; what was typed is left out, it may be anything."""
    return {
        "since": None if wanted.since is None else f"{wanted.since:%d/%m/%Y}",
        "until": None if wanted.until is None else f"{wanted.until:%d/%m/%Y}",
        "actions": [ACTIONS[key] for key in wanted.actions] or None,
    }


def file_columns(units: Mapping[int, str]) -> dict[str, Callable[[Row], Any]]:
    """The columns of the file: heading → a line's cell."""
    return {
        "Dòng": lambda line: line["id"],
        "Lúc": lambda line: f"{line['at']:%d/%m/%Y %H:%M:%S}",
        "Ai": lambda line: line["actor"],
        "Việc": lambda line: line["label"],
        "Đối tượng": lambda line: subject_words(line["subject"]),
        "Đơn vị": lambda line: units.get(line["unit_id"]),
        "Chi tiết": lambda line: detail_words(line["detail"], units),
    }


def _stretches(verdict: audit.Verdict) -> None:
    """Which lines stand under which key, and what could be told of them."""
    if all(one.key_id is None for one in verdict.stretches):
        return
    table(
        [{"one": one} for one in verdict.stretches],
        (
            Column("Dòng", lambda row: row["one"].lines, is_name=True),
            Column("Khóa", lambda row: row["one"].key),
            Column("Tình trạng", lambda row: row["one"].marked_words),
        ),
        alt="Các đoạn của nhật ký theo khóa ký",
        sorts=False,
    )


# -- whether it is whole ------------------------------------------------------------------


def _check() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="audit_check"):
        mark = st.text_input(
            "Mốc đã ghi ở nơi khác (nếu có)", key="audit_mark", placeholder="SỐ:MÃ", width=420,
        )  # fmt: skip
        asked_for = st.button("Kiểm tra chuỗi", icon=":material/verified:", key="audit_verify")
    if not asked_for:
        st.caption(
            "Mỗi dòng mang mã của chính nó và của dòng trước: sửa, xóa, chèn một dòng là chuỗi "
            "đứt. Ứng dụng tự ghi mốc vào một tệp ngoài cơ sở dữ liệu và đối chiếu ở đây. Nên chép "
            "thêm mốc ra ngoài máy chủ (sổ giấy, hệ thống khác): người sửa được cả cơ sở dữ liệu "
            "lẫn thư mục dữ liệu không đổi được mốc ở nơi khác."
        )
        return
    settings = data.settings()
    keys, shelf = settings.audit_keys, audit.Shelf.of(settings)
    noted = mark.strip() or None
    try:
        with st.spinner("Đang tính lại mã của từng dòng…"):
            verdict = asked(
                lambda: audit.verify(data.database(), keys=keys, mark=noted, shelf=shelf)
            )
    except OSError:
        st.error(
            f"Không đọc được sổ mốc {plain(shelf.path.name)} trong DATA_DIR. Hãy kiểm tra quyền "
            "của tệp.",
            icon=":material/error:",
        )
        return
    except ValueError as error:
        st.error(plain(error), icon=":material/error:")
        return
    if verdict is None:
        admin.lost()
        return
    if not verdict.ok:
        st.error(
            f"◆ **Nhật ký không còn nguyên vẹn.** {plain(verdict.sentence)} Giữ nguyên hiện trạng, "
            "báo người phụ trách an toàn thông tin, đối chiếu với bản sao lưu.",
            icon=":material/gpp_bad:",
        )
        _stretches(verdict)
        return
    st.success(f"● {verdict.sentence}", icon=":material/verified_user:")
    _stretches(verdict)
    for note in verdict.notes:
        st.caption(note)
    st.markdown("Mốc để ghi lại ở nơi khác:")
    st.code(verdict.mark, language=None)
    if verdict.unsigned and keys:
        st.caption(
            f"▲ {number(verdict.unsigned)} dòng được ghi khi chưa có AUDIT_KEY: chỉ có chuỗi mã, "
            "không có chữ ký."
        )
    elif not keys:
        st.caption("▲ Chưa đặt AUDIT_KEY: các dòng có chuỗi mã nhưng không có chữ ký.")
