"""Tables of the dossier database.

Names are the field's standard English terms; the Vietnamese term stands in each comment.
Moments are UTC (:class:`~connectors.database.types.UtcMoment`); dates without an hour are local.
Unknown is NULL, never 0 or an empty text.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from connectors.database.types import UtcMoment

CHANNELS = ("direct", "online", "postal")
"""Trực tiếp, trực tuyến, bưu chính công ích (national exchange: KenhThucHien 1, 2, 3)."""

END_KINDS = ("result", "returned", "withdrawn", "refused", "stopped")
"""Có kết quả, trả lại, công dân rút, từ chối tiếp nhận, dừng xử lý."""

PAUSE_KINDS = ("supplement", "finance", "other")
"""Chờ bổ sung, chờ nghĩa vụ tài chính, lý do khác."""

UNIT_KINDS = (
    "province",
    "department",
    "district",
    "commune",
    "office",
    "centre",
    "branch",
    "vertical",
    "group",
)
"""Tỉnh/thành phố, sở ban ngành, quận/huyện, xã/phường, phòng chuyên môn, trung tâm PVHCC,
chi nhánh, cơ quan ngành dọc, khối (a heading in the tree that handles no dossiers)."""

SUCCESSIONS = ("whole", "part", "remainder")
"""Toàn bộ, một phần, phần còn lại (NQ 1656/NQ-UBTVQH15)."""

# A stable name for every constraint, so that migrations can speak of them on both databases.
_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """The check that a column holds one of these values (or nothing)."""
    listed = ", ".join(f"'{value}'" for value in values)
    # bulk.py reads ``info``, to look at whole columns instead of row by row.
    info = {"one_of": (column, values)}
    return CheckConstraint(f"{column} IN ({listed})", name=column, info=info)


# SQLite gives out row ids only to INTEGER PRIMARY KEY.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMING)


class Setting(Base):
    """What this installation is (for example ``data_kind`` = ``sample`` or ``real``)."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Source(Base):
    """A system that dossiers come from (nguồn dữ liệu)."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    # Working hours after which its figures count as stale (agreed freshness); NULL: not agreed.
    fresh_within_hours: Mapped[int | None]


class Unit(Base):
    """An agency or place (đơn vị), valid from a day to a day.

    GSO codes were re-used on 1 July 2025 for other places, so a code alone names nothing:
    (scheme, code, valid_from) is the key.
    """

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("scheme", "code", "valid_from"),
        one_of("kind", UNIT_KINDS),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    scheme: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    short_name: Mapped[str | None] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(16))
    # 'province', 'district' or 'commune' (cấp tỉnh, huyện, xã).
    level: Mapped[str | None] = mapped_column(String(16))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    # First and last day of validity, both inclusive; NULL: without bound.
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    # Place in a Vietnamese alphabetical list (code points would put Đ after z).
    sort_order: Mapped[int] = mapped_column(default=0)


class UnitSuccession(Base):
    """Which old unit went into which new one (kế thừa đơn vị)."""

    __tablename__ = "unit_succession"
    __table_args__ = (
        UniqueConstraint("old_unit_id", "new_unit_id"),
        one_of("relation", SUCCESSIONS),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    old_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    new_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    relation: Mapped[str] = mapped_column(String(16))
    effective_on: Mapped[date]
    basis: Mapped[str | None] = mapped_column(String(255))


class Officer(Base):
    """A person who handles dossiers (cán bộ). The snapshot carries only the id."""

    __tablename__ = "officer"
    __table_args__ = (UniqueConstraint("source_id", "code"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    code: Mapped[str] = mapped_column(String(128))
    name: Mapped[str | None] = mapped_column(String(255))


class ImportBatch(Base):
    """One intake (lô nhập); all of it is in the database or nothing of it."""

    __tablename__ = "import_batch"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    # 'file', 'pull', 'sample', or what somebody did on a screen: 'withdrawal' (withdrew or restored
    # a dossier), 'units', 'record' (an apology, a new date, a cause).
    kind: Mapped[str] = mapped_column(String(16))
    mapping: Mapped[str | None] = mapped_column(String(255))
    file_name: Mapped[str | None] = mapped_column(String(255))
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(UtcMoment)
    finished_at: Mapped[datetime] = mapped_column(UtcMoment)
    # The latest moment the records speak of: figures of this source are "as of" it.
    data_until: Mapped[datetime | None] = mapped_column(UtcMoment)
    # Where the next pull goes on from (text of the watermark column).
    watermark: Mapped[str | None] = mapped_column(String(64))
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_inserted: Mapped[int] = mapped_column(default=0)
    rows_changed: Mapped[int] = mapped_column(default=0)
    rows_unchanged: Mapped[int] = mapped_column(default=0)
    rows_rejected: Mapped[int] = mapped_column(default=0)


class SourceFetch(Base):
    """How the fetching of a source goes (lấy dữ liệu tự động); what it brought are batches."""

    __tablename__ = "source_fetch"

    # The mapping that says where the source is.
    mapping: Mapped[str] = mapped_column(String(255), primary_key=True)
    tried_at: Mapped[datetime] = mapped_column(UtcMoment)
    good_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    # Why the last try failed, a sentence in Vietnamese; NULL: it did not.
    error: Mapped[str | None] = mapped_column(Text)
    # The last batch that it brought.
    batch_id: Mapped[int | None]
    # Of a folder: files that were refused and lie there.
    files_refused: Mapped[int | None]
    # When everything was read last, and the dossiers that the source had no more then.
    full_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    vanished: Mapped[int | None]
    # The codes of the first of them.
    vanished_codes: Mapped[list[str] | None] = mapped_column(JSON)


class Delivery(Base):
    """A report that was to go out by itself, to one receiver (connectors/sending)."""

    __tablename__ = "report_delivery"
    __table_args__ = (
        UniqueConstraint("sending", "due_at", "receiver"),
        one_of("state", ("waiting", "sending", "sent", "failed", "unsure")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The schedule (report_schedule), or the entry of SENDING_FILE, that asked for it.
    sending: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime] = mapped_column(UtcMoment)
    # The account's sign-in name; "": the folder.
    receiver: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    # When it is tried next; NULL: not any more.
    next_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    error: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UtcMoment)


class RejectedRow(Base):
    """A row that could not be taken in, whole, with the reason (dòng bị từ chối)."""

    __tablename__ = "rejected_row"
    __table_args__ = (
        Index("ix_rejected_row_batch_id", "batch_id"),
        Index("ix_rejected_row_waits_for", "waits_for"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    line_no: Mapped[int]
    column_name: Mapped[str | None] = mapped_column(String(255))
    value: Mapped[str | None] = mapped_column(Text)
    # A full sentence in Vietnamese that says what to do.
    reason: Mapped[str] = mapped_column(Text)
    row: Mapped[dict[str, Any]] = mapped_column(JSON)
    # With a key set: value, reason and row, encrypted; those columns then say nothing.
    sealed: Mapped[str | None] = mapped_column(Text)
    # The dossier's code, as far as it could be read: what a source says anew takes its place.
    code: Mapped[str | None] = mapped_column(String(64))
    # Code of the dossier that the message is about: it is taken when the dossier comes.
    waits_for: Mapped[str | None] = mapped_column(String(64))


class Dossier(Base):
    """A dossier (hồ sơ), without its owner."""

    __tablename__ = "dossier"
    __table_args__ = (
        UniqueConstraint("source_id", "code"),
        one_of("channel", CHANNELS),
        one_of("end_kind", END_KINDS),
        Index("ix_dossier_batch_id", "batch_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    code: Mapped[str] = mapped_column(String(64))
    procedure_id: Mapped[int | None] = mapped_column(ForeignKey("procedure.id"))
    # Nơi tiếp nhận, cơ quan giải quyết, địa bàn người nộp: three units, often different.
    receiving_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    resolving_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    applicant_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    channel: Mapped[str | None] = mapped_column(String(16))
    # The source's own word for the channel: finer than the three that the forms know.
    channel_source: Mapped[str | None] = mapped_column(String(64))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    received_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    # Hẹn trả gốc (first receipt) and hẹn trả hiện hành (after re-appointments).
    due_original_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    due_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    # When the current due date was given.
    due_changed_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    ended_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    end_kind: Mapped[str | None] = mapped_column(String(16))
    # Công dân đã nhận kết quả.
    collected_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    # When the source system was told of the end: later than due = nhập phần mềm muộn.
    recorded_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    # Status of the national exchange, 1–10, where the source gives it.
    status: Mapped[int | None]
    # Nguyên nhân quá hạn, a code of metrics/dossiers/late_causes.toml.
    late_cause: Mapped[str | None] = mapped_column(String(32))
    online_payment: Mapped[bool | None]
    digitised: Mapped[bool | None]
    data_reused: Mapped[bool | None]
    # 128 bits of the typed row and its children, hex: equal means nothing changed.
    content_hash: Mapped[str] = mapped_column(String(32))
    # Since when it is in no figure (hồ sơ đã rút); who said so and why: table withdrawal.
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    # The batch that wrote this dossier, or any of its pauses, steps and apologies, last.
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))


class MessageMemory(Base):
    """What messages said of a dossier and when, so that time decides and not the order of files.

    JSON of numbers only (:mod:`connectors.intake.memory`): nobody's name.
    """

    __tablename__ = "message_memory"

    dossier_id: Mapped[int] = mapped_column(
        ForeignKey("dossier.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    content: Mapped[str] = mapped_column(Text)


class Pause(Base):
    """A time in which the clock stands (tạm dừng): the citizen supplements or pays."""

    __tablename__ = "pause"
    __table_args__ = (
        UniqueConstraint("dossier_id", "kind", "from_at"),
        one_of("kind", PAUSE_KINDS),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    from_at: Mapped[datetime] = mapped_column(UtcMoment)
    # NULL: still waiting.
    to_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    document_no: Mapped[str | None] = mapped_column(String(64))


class Step(Base):
    """A step of the internal process (bước xử lý)."""

    __tablename__ = "step"
    __table_args__ = (UniqueConstraint("dossier_id", "sequence"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    name: Mapped[str] = mapped_column(String(255))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    from_at: Mapped[datetime] = mapped_column(UtcMoment)
    # Until when the internal process allots.
    due_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    to_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class Apology(Base):
    """A written apology, with a new date or without (văn bản xin lỗi, đề nghị gia hạn)."""

    __tablename__ = "apology"
    __table_args__ = (UniqueConstraint("dossier_id", "issued_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dossier_id: Mapped[int] = mapped_column(ForeignKey("dossier.id", ondelete="CASCADE"))
    issued_at: Mapped[datetime] = mapped_column(UtcMoment)
    number: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    new_due_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    signer: Mapped[str | None] = mapped_column(String(255))
    # The record of a person that it stands for (table dossier_record); NULL: the source tells it.
    record_id: Mapped[int | None] = mapped_column(BigInteger)


class Owner(Base):
    """The dossier's owner (chủ hồ sơ): personal data, apart, never in the snapshot.

    With a key set, the four personal fields stand in ``sealed`` and nowhere else
    (:mod:`connectors.privacy.vault`).
    """

    __tablename__ = "owner"
    __table_args__ = (
        CheckConstraint(
            "sealed IS NULL OR (name IS NULL AND phone IS NULL AND address IS NULL"
            " AND national_id IS NULL)",
            name="sealed_apart",
        ),
    )

    dossier_id: Mapped[int] = mapped_column(
        ForeignKey("dossier.id", ondelete="CASCADE"), primary_key=True
    )
    # 'person', 'organisation' or 'business' (cá nhân, tổ chức, doanh nghiệp).
    kind: Mapped[str | None] = mapped_column(String(16))
    name: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(32))
    address: Mapped[str | None] = mapped_column(String(512))
    national_id: Mapped[str | None] = mapped_column(String(32))
    sealed: Mapped[str | None] = mapped_column(Text)


class CalendarOverride(Base):
    """A day on which the calendar differs from the library's (ngày nghỉ bù, ngày làm bù)."""

    __tablename__ = "calendar_override"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(255))
    document: Mapped[str | None] = mapped_column(String(255))


class ThresholdOverride(Base):
    """A threshold that the installation has set itself, from a day on (ngưỡng đặt riêng)."""

    __tablename__ = "threshold_override"
    __table_args__ = (UniqueConstraint("key", "valid_from"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    # A key of metrics/core/thresholds.toml.
    key: Mapped[str] = mapped_column(String(64))
    value: Mapped[float]
    valid_from: Mapped[date]
    document: Mapped[str] = mapped_column(String(512))
    by: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(UtcMoment)
