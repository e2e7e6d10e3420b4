"""Administration: how the installation stands, each line with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from connectors.audit.marks import late as marks_late
from connectors.health import Health, limits
from connectors.health import health as look
from connectors.version import version
from metrics.core.vietnamese import number, percent
from pages.admin import screen as admin
from pages.admin.data import local
from ui.kit.cells import with_note
from ui.kit.marks import BAD, GOING, GOOD, WARN
from ui.kit.table import Column, table
from ui.shell import data
from ui.shell.answers import asked

_WORDS: Final = {"good": "ổn", "warn": "nên làm", "bad": "cần làm", "none": "để biết"}
_MARKS: Final = {"good": GOOD, "warn": WARN, "bad": BAD, "none": GOING}
_WORST_FIRST: Final = ("bad", "warn", "none", "good")


@dataclass(frozen=True)
class Line:
    """One line: ``state`` good, warn, bad or none, what it is about, how it is, what to do."""

    state: str
    what: str
    how: str
    then: str = ""


def health() -> None:
    """Everything that an administrator should know of the installation, what is worst first."""
    settings, database = data.settings(), data.database()
    found = asked(lambda: look(database, settings, datetime.now(UTC)))
    if found is None:
        admin.lost()
        return
    every = lines(found, datetime.now(UTC))
    bad, warn = (sum(line.state == state for line in every) for state in ("bad", "warn"))
    if bad or warn:
        admin.summary(
            BAD.html(f"{number(bad)} việc cần làm"), WARN.html(f"{number(warn)} việc nên làm")
        )
    else:
        admin.summary(GOOD.html("Không có việc phải làm"))
    table(
        [vars(line) for line in every],
        (
            Column("Tình trạng", lambda row: _MARKS[row["state"]].html(_WORDS[row["state"]])),
            Column("Mục", "what", is_name=True),
            Column("Hiện trạng, việc cần làm", lambda row: with_note(row["how"], row["then"])),
        ),
        alt="Tình trạng vận hành, việc cần làm ở trên",
        sorts=False,
    )
    st.caption("Không khóa, mật khẩu nào hiện ở đây. Cách làm từng việc: docs/operations.md.")


def lines(found: Health, now: datetime) -> list[Line]:
    """What there is to say, what needs something done first."""
    every = [
        *_failed(found),
        *_keys(found),
        *_trail(found, now),
        *_address(found),
        *_attempts(found),
        *_backup(found, now),
        *_aside(found),
        *_kept(found),
        *_disk(found),
        *_data(found),
    ]
    return sorted(every, key=lambda line: _WORST_FIRST.index(line.state))


def _failed(found: Health) -> Iterator[Line]:
    for one in found.failed:
        yield Line(
            "bad",
            "Dịch vụ của máy",
            f"{one.unit} lỗi lúc {local(one.at)} ({one.result}), chưa chạy lại được.",
            f"Xem journalctl -u {one.unit}, sửa rồi chạy lại: systemctl start {one.unit}.",
        )


def _keys(found: Health) -> Iterator[Line]:
    if found.has_owner_key:
        yield Line(
            "good",
            "Khóa dữ liệu cá nhân",
            "Dữ liệu chủ hồ sơ được mã hóa khi lưu.",
            "Còn dòng nào chưa mã hóa: .venv/bin/python -m connectors owners status.",
        )
    elif found.owners_under_lock:
        yield Line(
            "bad",
            "Khóa dữ liệu cá nhân",
            "Dữ liệu chủ hồ sơ đã được mã hóa, nhưng chưa đặt OWNER_KEY: không xem, nhập được.",
            "Đặt đúng khóa đã dùng vào OWNER_KEY rồi khởi động lại; không tạo khóa mới.",
        )
    else:
        yield Line(
            "bad",
            "Khóa dữ liệu cá nhân",
            "Chưa đặt OWNER_KEY: họ tên, điện thoại, số giấy tờ của chủ hồ sơ lưu ở dạng đọc được.",
            "Chạy .venv/bin/python -m connectors owners new-key, đặt OWNER_KEY, rồi owners "
            "rotate-key.",
        )
    if found.has_audit_key:
        yield Line("good", "Khóa nhật ký", "Từng dòng nhật ký có chữ ký.")
    else:
        yield Line(
            "warn",
            "Khóa nhật ký",
            "Chưa đặt AUDIT_KEY: người ghi được cơ sở dữ liệu có thể viết lại cả nhật ký.",
            "Chạy .venv/bin/python -m connectors audit new-key rồi đặt AUDIT_KEY.",
        )


def _trail(found: Health, now: datetime) -> Iterator[Line]:
    what, trail = "Nhật ký", found.trail
    if trail is None:
        yield Line(
            "bad",
            what,
            "Không đọc được sổ mốc của nhật ký trong DATA_DIR.",
            "Kiểm tra quyền của tệp moc-nhat-ky.jsonl: chỉ tài khoản của ứng dụng đọc, ghi.",
        )
    elif not trail.ok:
        yield Line(
            "bad",
            what,
            f"Không còn nguyên vẹn. {trail.sentence}",
            "Giữ nguyên hiện trạng, báo người phụ trách an toàn thông tin; rồi xem "
            "docs/operations.md, mục Audit.",
        )
    elif trail.waiting_since is not None and now - trail.waiting_since > marks_late():
        yield Line(
            "warn",
            what,
            f"Có dòng từ {local(trail.waiting_since)} chưa có mốc ngoài cơ sở dữ liệu.",
            "Xem nhật ký hệ thống (“no audit mark”): đĩa đầy, sai quyền ở DATA_DIR, hoặc thiếu "
            "AUDIT_KEY. Chạy .venv/bin/python -m connectors audit verify.",
        )
    else:
        yield Line("good", what, " ".join(("Khớp với các mốc.", *trail.notes)))


def _address(found: Health) -> Iterator[Line]:
    if found.is_https:
        yield Line("good", "Địa chỉ", f"{found.public_url}, qua HTTPS.")
    elif found.public_url:
        yield Line(
            "bad",
            "Địa chỉ",
            f"{found.public_url} không qua HTTPS: mật khẩu và phiên đi qua mạng ở dạng đọc được.",
            "Đặt sau máy chủ trung gian có HTTPS (nginx) và ghi https:// vào PUBLIC_URL.",
        )
    else:
        yield Line(
            "warn",
            "Địa chỉ",
            "Chưa đặt PUBLIC_URL: chỉ dùng trên chính máy này.",
            "Trước khi mở cho người khác: máy chủ trung gian có HTTPS, rồi đặt PUBLIC_URL.",
        )
    if found.hides_addresses:
        yield Line(
            "warn",
            "Địa chỉ người dùng",
            "Chưa đặt BEHIND_PROXY: nhật ký và giới hạn thử mật khẩu thấy địa chỉ của máy chủ "
            "trung gian, không phải của người dùng.",
            "Đặt BEHIND_PROXY=1 (và PROXIES nếu máy chủ trung gian ở máy khác) rồi khởi động lại; "
            "máy chủ ấy phải ghi X-Real-IP.",
        )
    way = "hệ thống định danh (OpenID Connect)" if found.sign_in == "oidc" else "mật khẩu ở đây"
    yield Line("none", "Cách đăng nhập", f"Bằng {way}.")


def _attempts(found: Health) -> Iterator[Line]:
    count = found.refused_sign_ins
    how = f"{number(count)} lần từ chối đăng nhập trong 24 giờ qua."
    if count >= limits().refused_sign_ins:
        yield Line(
            "bad",
            "Thử mật khẩu",
            how,
            "Xem mục Nhật ký, lọc “Từ chối đăng nhập”: tài khoản nào, từ địa chỉ nào; chặn địa chỉ "
            "ấy ở máy chủ trung gian.",
        )
    else:
        yield Line("good", "Thử mật khẩu", how)


def _backup(found: Health, now: datetime) -> Iterator[Line]:
    then = "Chạy .venv/bin/python -m connectors backup, đặt lịch hằng ngày, chép sang máy khác."
    if found.last_backup is None:
        yield Line("bad", "Sao lưu", "Chưa sao lưu lần nào.", then)
        return
    how = f"Lần cuối {local(found.last_backup)}."
    late = now - found.last_backup > limits().backup
    yield Line("bad", "Sao lưu", how, then) if late else Line("good", "Sao lưu", how)


def _aside(found: Health) -> Iterator[Line]:
    if found.aside:
        size = _size(sum(one.size for one in found.aside))
        yield Line(
            "warn",
            "Dữ liệu cất khi phục hồi",
            f"{number(len(found.aside))} bản, {size}, cũ nhất {local(found.aside[0].at)}: dữ liệu "
            "cá nhân trong đó vẫn như lúc cất, không được đổi khóa.",
            "Không cần nữa thì xóa: .venv/bin/python -m connectors aside list, rồi aside drop TÊN.",
        )


def _kept(found: Health) -> Iterator[Line]:
    what = "Thời hạn giữ dữ liệu cá nhân"
    last = "chưa lần nào" if found.last_turn is None else local(found.last_turn)
    how = f"{number(found.kept_too_long)} dòng đã hết thời hạn; lần chạy hằng ngày gần nhất {last}."
    if found.kept_too_long:
        then = "Ứng dụng tự xóa mỗi ngày một lần. Xem trước: phần Dữ liệu cá nhân."
        yield Line("none", what, how, then)
    else:
        yield Line("good", what, how)


def _disk(found: Health) -> Iterator[Line]:
    if found.free_bytes is None or not found.disk_bytes:
        yield Line("warn", "Đĩa", "Không đọc được dung lượng đĩa của DATA_DIR.")
        return
    share = found.free_bytes / found.disk_bytes
    how = f"Còn trống {_size(found.free_bytes)} / {_size(found.disk_bytes)} ({percent(share, 0)})."
    if share < limits().free_share:
        yield Line(
            "bad", "Đĩa", how, "Dọn bản sao lưu cũ hoặc thêm đĩa: đầy đĩa thì không nhập được nữa."
        )
    else:
        yield Line("good", "Đĩa", how)


def _data(found: Health) -> Iterator[Line]:
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(found.database, found.database)
    size = "" if found.database_bytes is None else f", {_size(found.database_bytes)}"
    serves = "một máy" if found.database == "sqlite" else "nhiều máy cùng ghi"
    yield Line("none", "Phần mềm", f"Đúng Hạn {version()}.")
    yield Line("none", "Cơ sở dữ liệu", f"{kind}{size}; dùng cho {serves}.")
    how = f"Tạo lúc {local(found.snapshot_at)}"
    if found.batches_behind:
        yield Line(
            "warn",
            "Bản tổng hợp",
            f"{how}, chậm {number(found.batches_behind)} lô nhập so với cơ sở dữ liệu.",
            "Bấm “Tổng hợp lại” ở màn hình Dữ liệu.",
        )
    else:
        yield Line("good", "Bản tổng hợp", f"{how}, khớp với cơ sở dữ liệu.")


def _size(count: int) -> str:
    for unit, size in (("GB", 1 << 30), ("MB", 1 << 20)):
        if count >= size:
            return f"{number(count / size, 1)} {unit}"
    return f"{number(count / 1024)} KB"
