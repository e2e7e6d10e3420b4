"""Letters of apology for late dossiers: a letter a page, in the words of the office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from metrics.core.vietnamese import day
from metrics.dossiers.letters import letter_title
from reports.blocks import Head, Letterhead, Paragraph, Report, Section, Signature

_BLANK: Final = "…" * 24
_WHOM: Final = "Ông (Bà), Quý tổ chức"


@dataclass(frozen=True, repr=False)
class Citizen:
    """Whom a letter is for: personal data, for this one document."""

    name: str | None
    address: str | None

    def __repr__(self) -> str:  # a log or a traceback must not carry it
        return "Citizen(…)"


@dataclass(frozen=True)
class Late:
    """What a letter says. ``due_at``: the due date that is not kept, local; ``above``: the unit's
    superior; ``citizen`` None: lines to be filled in by hand."""

    code: str
    unit: str
    issued_on: date
    procedure: str | None = None
    above: str | None = None
    received_on: date | None = None
    due_at: datetime | None = None
    number: str | None = None
    reason: str | None = None
    signer: str | None = None
    new_due_at: datetime | None = None
    citizen: Citizen | None = None


def letters(found: Sequence[Late]) -> Report:
    """The letters as one document."""
    head = Head(title="Văn bản xin lỗi", whose="", period="", as_of="", definition="", source="")
    return Report("van-ban-xin-loi", head, [_letter(each) for each in found], letters=True)


def _letter(late: Late) -> Section:
    issued = late.issued_on
    number = f"Số: {late.number}" if late.number else "Số: ………/………"
    return Section(
        key=late.code,
        title="",
        letterhead=Letterhead(
            issuer=((late.above or "").upper(), late.unit.upper(), number),
            place_and_day=f"………, ngày {issued:%d} tháng {issued:%m} năm {issued:%Y}",
            title=letter_title(issued, renewed=late.new_due_at is not None).upper(),
            to=_to(late.citizen),
        ),
        blocks=(
            *(Paragraph(text) for text in _words(late)),
            Signature(
                roles=(late.signer or "Thủ trưởng cơ quan",),
                receivers=("Như trên", "Bộ phận Một cửa", "Lưu: VT, hồ sơ"),
            ),
        ),
    )


def _to(citizen: Citizen | None) -> tuple[str, str]:
    name = citizen.name if citizen else None
    address = citizen.address if citizen else None
    return f"Kính gửi: {name or _BLANK}", f"Địa chỉ: {address or _BLANK}"


def _words(late: Late) -> list[str]:
    unit = late.unit[:1].upper() + late.unit[1:]
    received = f"Ngày {day(late.received_on)}, {late.unit}" if late.received_on else unit
    about = f" về thủ tục “{late.procedure}”" if late.procedure else ""
    due = f", hẹn trả kết quả {_at(late.due_at)}" if late.due_at else ""
    found = [
        f"{received} đã tiếp nhận hồ sơ mã số {late.code} của {_WHOM}{about}{due}.",
        "Hồ sơ không được trả kết quả đúng thời hạn nói trên.",
        f"Lý do: {late.reason or _BLANK}",
        f"{unit} chân thành xin lỗi {_WHOM} về sự chậm trễ này.",
    ]
    if late.new_due_at is not None:
        found.append(
            f"{unit} đề nghị gia hạn thời gian giải quyết và hẹn trả kết quả "
            f"{_at(late.new_due_at)}."
        )
    else:
        found.append(f"{unit} sẽ trả kết quả ngay khi giải quyết xong hồ sơ.")
    return [*found, f"Rất mong nhận được sự thông cảm của {_WHOM}."]


def _at(at: datetime) -> str:
    return f"lúc {at:%H:%M} ngày {day(at)}"
