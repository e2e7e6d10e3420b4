"""Tables of the other registers: tasks, inspections, targets, indices, reported values.

The same habits as in :mod:`connectors.database.models`: English terms of the field, UTC moments,
NULL for unknown. Every row says where it comes from (``source``). Each register is imported by
mapping or edited on the screen; ``change_log`` keeps who changed what, when.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from connectors.database.models import Base, BigId, _one_of
from connectors.database.types import UtcMoment

PROGRAMME_KINDS = ("programme", "plan", "task_list", "assigned", "working_group")
"""Chương trình, kế hoạch, nhóm nhiệm vụ trọng tâm, nhiệm vụ cấp trên giao, tổ công tác."""

REFORM_AREAS = (
    "institutions",
    "procedures",
    "organisation",
    "civil_service",
    "public_finance",
    "digital_government",
    "direction",
)
"""Six areas of NQ 76/NQ-CP (thể chế, TTHC, tổ chức bộ máy, chế độ công vụ, tài chính công, chính
quyền điện tử và chính quyền số), and chỉ đạo điều hành for what stands above them."""

INSPECTION_KINDS = ("periodic", "surprise", "recheck", "self")
"""Định kỳ, đột xuất, tái kiểm tra (phúc tra), tự kiểm tra."""

OPERATORS = (
    "at_least",
    "at_most",
    "between",
    "label_at_least",
    "share_at_label",
    "change_from_baseline",
    "rank_at_most",
    "leading_group",
    "qualitative",
)
"""≥, ≤, khoảng, mức xếp loại từ, tỷ lệ đơn vị đạt xếp loại, tăng/giảm so với năm gốc,
thứ hạng không quá, nhóm dẫn đầu, định tính (not to be judged by a number)."""

PRECISIONS = ("day", "month", "quarter", "year")

SAMPLE_SOURCE = "Dữ liệu minh họa (giả lập)"
"""Source of the sample's rows in registers that people fill, too: they go when the sample goes."""


class Programme(Base):
    """A programme, plan or list that tasks, targets and commitments belong to."""

    __tablename__ = "programme"
    __table_args__ = (_one_of("kind", PROGRAMME_KINDS, "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(1024))
    kind: Mapped[str] = mapped_column(String(16))
    # Whose programme it is.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"))
    # Số, ký hiệu và ngày ban hành.
    document: Mapped[str | None] = mapped_column(String(512))
    issued_on: Mapped[date | None]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    # How many tasks its text announces; what is entered is counted, never assumed.
    announced_tasks: Mapped[int | None]
    wording: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(512))


class Task(Base):
    """A task of a programme. The "six rõ": person, work (name), time (due_on or is_standing),
    responsibility, product, authority."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("programme_id", "code"),
        _one_of("area", REFORM_AREAS, "area"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(1024))
    # Đơn vị chủ trì.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    person: Mapped[str | None] = mapped_column(String(255))
    area: Mapped[str | None] = mapped_column(String(32))
    category: Mapped[str | None] = mapped_column(String(255))
    assigned_on: Mapped[date | None]
    due_on: Mapped[date | None]
    # A standing duty has no due date on purpose (nhiệm vụ thường xuyên).
    is_standing: Mapped[bool] = mapped_column(default=False)
    product: Mapped[str | None] = mapped_column(Text)
    responsibility: Mapped[str | None] = mapped_column(Text)
    authority: Mapped[str | None] = mapped_column(Text)
    wording: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(512))


class TaskUnit(Base):
    """A unit that co-operates on a task (đơn vị phối hợp)."""

    __tablename__ = "task_unit"

    task_id: Mapped[int] = mapped_column(
        ForeignKey("task.id", ondelete="CASCADE"), primary_key=True
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)


class TaskUpdate(Base):
    """What was said about a task, at a moment; the last one before T holds at T.

    ``is_launched`` (được triển khai) and ``is_completed`` (hoàn thành) are apart, and NULL in
    either means that nobody has said: it is not "no".
    """

    __tablename__ = "task_update"
    __table_args__ = (UniqueConstraint("task_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcMoment)
    is_launched: Mapped[bool | None]
    is_completed: Mapped[bool | None]
    completed_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(255))


class Reminder(Base):
    """A reminder about a task (đôn đốc)."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("task_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcMoment)
    document: Mapped[str | None] = mapped_column(String(255))
    by: Mapped[str | None] = mapped_column(String(255))


class Inspection(Base):
    """A visit to one unit (cuộc kiểm tra); visits of one round share ``campaign``."""

    __tablename__ = "inspection"
    __table_args__ = (
        _one_of("kind", INSPECTION_KINDS, "kind"),
        _one_of("date_precision", PRECISIONS, "date_precision"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    campaign: Mapped[str | None] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16))
    # Trực tiếp hoặc qua môi trường số.
    is_digital: Mapped[bool | None]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    # A place that is no unit of the tree (a school, say) stands by name under its unit.
    subject: Mapped[str | None] = mapped_column(String(255))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    # With 'month', only the month of from_on and to_on is known.
    date_precision: Mapped[str] = mapped_column(String(8), default="day")
    topics: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str | None] = mapped_column(Text)
    basis: Mapped[str | None] = mapped_column(String(512))
    conclusion_no: Mapped[str | None] = mapped_column(String(255))
    concluded_on: Mapped[date | None]
    # Re-inspection: the visit whose findings are looked at again.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("inspection.id"))
    source: Mapped[str] = mapped_column(String(512))


class Finding(Base):
    """A shortcoming that an inspection found (tồn tại)."""

    __tablename__ = "finding"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"))
    # Một cửa, liên thông, quy trình nội bộ, quy trình TTHC, kỷ luật kỷ cương, khác …
    kind: Mapped[str] = mapped_column(String(64))
    description: Mapped[str] = mapped_column(Text)
    responsible: Mapped[str | None] = mapped_column(String(255))
    recommendation: Mapped[str | None] = mapped_column(Text)
    fix_by: Mapped[date | None]
    # Báo cáo khắc phục của đơn vị: chưa phải là xác nhận.
    reported_on: Mapped[date | None]
    report_document: Mapped[str | None] = mapped_column(String(255))
    evidence: Mapped[str | None] = mapped_column(Text)
    # The earlier finding that this one repeats.
    repeats_id: Mapped[int | None] = mapped_column(ForeignKey("finding.id"))
    source: Mapped[str] = mapped_column(String(512))


class FindingCheck(Base):
    """What a re-inspection, or a confirmation on paper, said about a finding."""

    __tablename__ = "finding_check"
    __table_args__ = (UniqueConstraint("finding_id", "checked_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"))
    inspection_id: Mapped[int | None] = mapped_column(ForeignKey("inspection.id"))
    checked_on: Mapped[date]
    is_fixed: Mapped[bool]
    note: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(255))


class Target(Base):
    """What a plan promises: a figure, a scope, an operator, a value, a period (chỉ tiêu)."""

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("programme_id", "code"),
        _one_of("operator", OPERATORS, "operator"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(1024))
    # Whose result is judged.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    # What it is judged by: a figure of the catalogue, an indicator, or an index and component.
    metric_kind: Mapped[str] = mapped_column(String(16))  # figure | indicator | index | rating
    metric: Mapped[str | None] = mapped_column(String(64))
    # For on_time: form, portal, carried or lenient.
    definition: Mapped[str | None] = mapped_column(String(16))
    field_id: Mapped[int | None] = mapped_column(ForeignKey("field.id"))
    operator: Mapped[str] = mapped_column(String(24))
    # Rates as fractions of 1; a change from the baseline as a signed fraction (−0.10).
    low: Mapped[float | None]
    high: Mapped[float | None]
    label: Mapped[str | None] = mapped_column(String(64))
    # share_at_label: "60% … trong đó" – of all units, or of those that reach base_label.
    share: Mapped[float | None]
    base_label: Mapped[str | None] = mapped_column(String(64))
    baseline_year: Mapped[int | None]
    baseline_value: Mapped[float | None]
    period_from: Mapped[date]
    period_to: Mapped[date]
    # "Duy trì": to be met in every period, not only at the end.
    every_period: Mapped[bool] = mapped_column(default=False)
    unit_of_measure: Mapped[str | None] = mapped_column(String(64))
    wording: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(512))


class Commitment(Base):
    """A signature under a target (cam kết)."""

    __tablename__ = "commitment"
    __table_args__ = (UniqueConstraint("target_id", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("target.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    signer: Mapped[str | None] = mapped_column(String(255))
    position: Mapped[str | None] = mapped_column(String(255))
    signed_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(512))


class UnitRating(Base):
    """A unit's own reform index of a year, as graded above it (xếp loại CCHC của đơn vị)."""

    __tablename__ = "unit_rating"
    __table_args__ = (UniqueConstraint("scheme", "year", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(String(64))
    year: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    label: Mapped[str | None] = mapped_column(String(64))
    # Higher is better; labels of one scheme are compared by it.
    label_order: Mapped[int | None]
    score: Mapped[float | None]
    rank: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(512))


class IndexScore(Base):
    """PAPI, PCI, SIPAS, PAR INDEX: one value of one edition from one source.

    Sources may disagree about the same value; each has its row.
    """

    __tablename__ = "index_score"
    __table_args__ = (
        Index("ix_index_score_what", "index_name", "edition_year", "component", "province_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    index_name: Mapped[str] = mapped_column(String(16))
    # The year that is measured; the report may come out a year later.
    year: Mapped[int]
    edition_year: Mapped[int | None]
    component: Mapped[str] = mapped_column(String(32))
    component_name: Mapped[str | None] = mapped_column(String(255))
    province_code: Mapped[str] = mapped_column(String(8))
    province: Mapped[str] = mapped_column(String(64))
    score: Mapped[float | None]
    rank: Mapped[int | None]
    # Known only as "no worse than", such as nhóm 10.
    rank_bound: Mapped[int | None]
    group_name: Mapped[str | None] = mapped_column(String(64))
    n_provinces: Mapped[int | None]
    n_scored: Mapped[int | None]
    # Values of different versions are not compared.
    method_version: Mapped[str | None] = mapped_column(String(32))
    value_kind: Mapped[str] = mapped_column(
        String(16)
    )  # printed | derived | bound | change | panel
    # Rows with the same mark disagree about one value.
    conflict: Mapped[str | None] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(1024))
    note: Mapped[str | None] = mapped_column(Text)


class IndicatorValue(Base):
    """A value that is reported, not computed: documents received, people trained, staff … ."""

    __tablename__ = "indicator_value"
    __table_args__ = (
        Index("ix_indicator_value_indicator", "indicator", "unit_id"),
        _one_of("date_precision", PRECISIONS, "date_precision"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # A key of metrics/reported/indicators.toml.
    indicator: Mapped[str] = mapped_column(String(64))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    # A part of the whole ('' is the whole): cấp, nguồn văn bản, lĩnh vực …
    part: Mapped[str] = mapped_column(String(128), default="")
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    as_of: Mapped[date | None]
    date_precision: Mapped[str] = mapped_column(String(8), default="day")
    value: Mapped[float | None]
    # A ratio's two sides, where the report gives them.
    numerator: Mapped[float | None]
    denominator: Mapped[float | None]
    text: Mapped[str | None] = mapped_column(Text)
    wording: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(512))


class Survey(Base):
    """A survey of citizens by a unit itself (QR, kiosk, paper): never SIPAS."""

    __tablename__ = "survey"
    __table_args__ = (UniqueConstraint("code", "unit_id", "as_of"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(512))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    coverage: Mapped[str] = mapped_column(String(32), default="own")  # own | communes
    as_of: Mapped[date]
    channel: Mapped[str | None] = mapped_column(String(32))
    # How many answered; how many of them were satisfied is another thing, often not told.
    responses: Mapped[int | None]
    satisfied: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(512))


class ServiceComponent(Base):
    """A component of Decision 766 for a unit and a calendar month (Bộ chỉ số phục vụ)."""

    __tablename__ = "service_component"
    __table_args__ = (UniqueConstraint("unit_id", "month", "component"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    # The first day of the month.
    month: Mapped[date]
    # A key of metrics/service/decision766.toml, such as '2.1'.
    component: Mapped[str] = mapped_column(String(16))
    numerator: Mapped[float | None]
    denominator: Mapped[float | None]
    # What the national portal says: official, never overwritten by what is computed here.
    portal_score: Mapped[float | None]
    source: Mapped[str] = mapped_column(String(512))


class ChangeLog(Base):
    """Who changed which value of a register row, when (lịch sử thay đổi). Append-only."""

    __tablename__ = "change_log"
    __table_args__ = (Index("ix_change_log_row", "register", "row_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    by: Mapped[str] = mapped_column(String(255))
    register: Mapped[str] = mapped_column(String(32))
    row_key: Mapped[str] = mapped_column(String(128))
    column_name: Mapped[str] = mapped_column(String(64))
    old_value: Mapped[str | None] = mapped_column(Text)
    new_value: Mapped[str | None] = mapped_column(Text)


class RegisterBatch(Base):
    """One import into a register: all of it or nothing."""

    __tablename__ = "register_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    register: Mapped[str] = mapped_column(String(32))
    file_name: Mapped[str | None] = mapped_column(String(255))
    by: Mapped[str] = mapped_column(String(255))
    finished_at: Mapped[datetime] = mapped_column(UtcMoment)
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_inserted: Mapped[int] = mapped_column(default=0)
    rows_changed: Mapped[int] = mapped_column(default=0)
    rows_unchanged: Mapped[int] = mapped_column(default=0)
    rows_rejected: Mapped[int] = mapped_column(default=0)


class RegisterRejection(Base):
    """A row of a register's file that could not be taken in, whole, with the reason."""

    __tablename__ = "register_rejection"
    __table_args__ = (Index("ix_register_rejection_batch_id", "batch_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("register_batch.id"))
    line_no: Mapped[int]
    column_name: Mapped[str | None] = mapped_column(String(255))
    value: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    row: Mapped[dict[str, Any]] = mapped_column(JSON)
    # With a key set: value, reason and row, encrypted; those columns then say nothing.
    sealed: Mapped[str | None] = mapped_column(Text)
