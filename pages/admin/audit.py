"""Administration: the audit, its lines in words, whether it is whole, and as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

import polars as pl
import streamlit as st

from connectors import access, audit
from connectors.audit import ACTIONS, Wanted
from connectors.cells import safe_cell
from connectors.engine import Scope
from metrics.core.vietnamese import UNKNOWN, number
from pages.admin import screen as admin
from ui.kit.parts import empty
from ui.shell import data, guarded
from ui.shell.answers import asked
from ui.shell.context import Frame
from ui.shell.text import plain, safe

PAGE: Final = 50
MOST: Final = 100_000
"""Lines of a file; the newest, when more fit."""
_SPANS: Final = {
    "today": "Hôm nay",
    "week": "7 ngày gần đây",
    "month": "30 ngày gần đây",
    "all": "Mọi lúc",
    "custom": "Chọn ngày…",
}
_DAYS: Final = {"today": 1, "week": 7, "month": 30}
_REFUSALS: Final = ("sign_in_refused", "refused")
_TOLD: Final = ("sign_in_refused", "refused", "reveal", "export", "close_period")
"""Actions that are counted above the list: what a reader of an audit looks for first."""

_LABELS: Final = {
    "role": "vai trò",
    "also": "kèm theo",
    "unit_id": "đơn vị",
    "ended": "số phiên kết thúc",
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
}
_VALUES: Final = {
    "inserted": "thêm mới",
    "changed": "sửa",
    "deleted": "xóa",
    True: "có",
    False: "không",
}


def trail(frame: Frame) -> None:
    """The lines that fit the filters, newest first; checking; the file."""
    if not frame.may("see_audit"):
        st.error("Vai trò của bạn không được xem nhật ký.", icon=":material/lock:")
        return
    wanted = _filters()
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
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="audit_bar"):
        _file(frame, wanted, total)
        page = _page(total, wanted)
    if not total:
        empty("Không có dòng nào", "Không dòng nào của nhật ký thỏa các bộ lọc đang đặt.")
    else:
        lines = asked(partial(_read, scope, wanted, limit=PAGE, offset=(page - 1) * PAGE))
        if lines is None:
            admin.lost()
            return
        st.html(table(lines, frame.unit_names))


def _read(scope: Scope, wanted: Wanted, *, limit: int, offset: int = 0) -> pl.DataFrame:
    settings = data.settings()
    given = {name: getattr(wanted, name) for name in asdict(wanted)}
    return audit.read(data.database(), settings.zone, scope, limit=limit, offset=offset, **given)


# -- filters ------------------------------------------------------------------------------


def _filters() -> Wanted | None:
    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="small", key="audit_filters"
    ):
        span = st.selectbox(
            "Thời gian", list(_SPANS), index=1, format_func=_SPANS.__getitem__, key="audit_span",
            width=170,
        )  # fmt: skip
        bounds: tuple[date, ...] = ()
        if span == "custom":
            bounds = st.date_input(
                "Từ ngày – đến ngày", (_today() - timedelta(days=6), _today()),
                format="DD/MM/YYYY", key="audit_days", width=230,
            )  # fmt: skip
        actions = st.multiselect(
            "Việc", list(ACTIONS), format_func=ACTIONS.__getitem__, key="audit_actions",
            placeholder="Mọi việc", width=260,
        )  # fmt: skip
        actor = st.text_input("Ai", key="audit_actor", placeholder="Mọi người", width=150)
        text = st.text_input(
            "Chữ", key="audit_text", placeholder="Trong đối tượng, chi tiết", width=220
        )
    wanted = Wanted(actions=tuple(actions), actor=actor.strip() or None, text=text.strip() or None)
    if span == "custom":
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
    parts = [f"<span><b>{number(total)}</b> dòng</span>"]
    for action in _TOLD:
        if counts.get(action):
            text = f"{number(counts[action])} {ACTIONS[action].lower()}"
            parts.append(
                f"<span>{admin.mark('warn', text) if action in _REFUSALS else text}</span>"
            )
    st.html(f'<p class="dh-units-summary">{"".join(parts)}</p>')


def _page(total: int, wanted: Wanted) -> int:
    pages = max(1, -(-total // PAGE))
    if pages == 1:
        return 1
    # Other filters are another list, which begins at its first page.
    key = f"audit_page_{hash(wanted) & 0xFFFFFFFF:08x}"
    return min(int(st.pagination(pages, key=key)), pages)


# -- the lines ----------------------------------------------------------------------------


def table(lines: pl.DataFrame, units: Mapping[int, str]) -> str:
    """Lines of the audit (``audit.LISTED``) as HTML, in the order given; what came several times
    in a row stands once."""
    rows: list[list[dict[str, Any]]] = []
    for line in lines.iter_rows(named=True):
        if rows and _same(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    body = "".join(_row(group, units) for group in rows)
    return (
        '<div class="dh-scroll"><table class="dh-days dh-audit"><thead><tr><th>Lúc</th><th>Ai</th>'
        f"<th>Việc</th><th>Đối tượng, chi tiết</th></tr></thead><tbody>{body}</tbody></table></div>"
    )


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    kept = ("actor", "action", "subject", "unit_id", "detail")
    return all(one[name] == other[name] for name in kept)


def _row(group: list[dict[str, Any]], units: Mapping[int, str]) -> str:
    line, oldest = group[0], group[-1]
    label = safe(line["label"]) + (f" × {number(len(group))}" if len(group) > 1 else "")
    what = admin.mark("warn", label) if line["action"] in _REFUSALS else f"<b>{label}</b>"
    subject = safe(subject_words(line["subject"]))
    numbers = number(line["id"])
    if len(group) > 1:
        numbers = f"{number(oldest['id'])}–{numbers}, từ {oldest['at']:%d/%m %H:%M:%S}"
    more = detail_words(line["detail"], units)
    where = f" · {safe(units[line['unit_id']])}" if line["unit_id"] in units else ""
    return (
        f"<tr><td>{line['at']:%d/%m/%Y %H:%M:%S}<small>dòng {numbers}</small></td>"
        f"<td>{safe(line['actor'])}</td><td>{what}</td>"
        f"<td>{subject}{where}<small>{safe(more)}</small></td></tr>"
    )


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

    def make() -> guarded.Made:
        lines = _read(scope, wanted, limit=MOST)
        return guarded.Made(to_csv(lines, units), {"rows": lines.height, **detail})

    guarded.download_button(
        "Tải CSV",
        "see_audit",
        "nhật ký kiểm soát",
        make,
        file_name=f"nhat-ky-{_today():%Y%m%d}.csv",
        mime=guarded.CSV,
        key="audit_csv",
        disabled=not total,
        help=f"{number(min(total, MOST))} dòng đang lọc, mới nhất trước; việc tải cũng được ghi "
        "vào nhật ký",
    )


def _told(wanted: Wanted) -> dict[str, Any]:
    """The filter for the file's own line; what was typed is left out, it may be anything."""
    return {
        "since": None if wanted.since is None else f"{wanted.since:%d/%m/%Y}",
        "until": None if wanted.until is None else f"{wanted.until:%d/%m/%Y}",
        "actions": [ACTIONS[key] for key in wanted.actions] or None,
    }


def to_csv(lines: pl.DataFrame, units: Mapping[int, str]) -> bytes:
    """The lines as CSV, UTF-8 with a byte order mark; no cell is taken for a formula."""
    out = io.StringIO(newline="")
    write = csv.writer(out)
    write.writerow(["Dòng", "Lúc", "Ai", "Việc", "Đối tượng", "Đơn vị", "Chi tiết"])
    for line in lines.iter_rows(named=True):
        cells = (
            line["id"],
            f"{line['at']:%d/%m/%Y %H:%M:%S}",
            line["actor"],
            line["label"],
            subject_words(line["subject"]),
            units.get(line["unit_id"]),
            detail_words(line["detail"], units),
        )
        write.writerow([safe_cell(cell) for cell in cells])
    return ("\ufeff" + out.getvalue()).encode()


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
            f"◆ **Nhật ký không còn nguyên vẹn.** {verdict.sentence} Giữ nguyên hiện trạng, báo "
            "người phụ trách an toàn thông tin, đối chiếu với bản sao lưu.",
            icon=":material/gpp_bad:",
        )
        return
    st.success(f"● {verdict.sentence}", icon=":material/verified_user:")
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
