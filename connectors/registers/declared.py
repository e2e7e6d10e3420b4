"""The registers, each declared once: headers, types, allowed words, keys and rules.

From here come the import, the template, the form's validation and the messages. Vietnamese terms
are those of the field: NQ 76/NQ-CP (six areas), the "6 rõ" of tasks, the forms of inspection.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from connectors.registers import rules
from connectors.registers.columns import (
    BOOLEAN,
    CHOICE,
    DATE,
    INTEGER,
    MOMENT,
    NUMBER,
    UNIT,
    UNITS,
    Choice,
    Column,
    Problem,
    Register,
)

_UNIT_HELP: Final = (
    "Mã hoặc tên đơn vị. Trùng tên thì ghi “hệ mã:mã” (ví dụ gso:268) "
    "hoặc “Tên, Tên đơn vị cấp trên”."
)

PROGRAMME_KINDS: Final = (
    Choice("programme", "Chương trình", ("đề án",)),
    Choice("plan", "Kế hoạch"),
    Choice("task_list", "Nhóm nhiệm vụ trọng tâm", ("danh mục nhiệm vụ",)),
    Choice("assigned", "Nhiệm vụ cấp trên giao"),
    Choice("working_group", "Tổ công tác"),
)
AREAS: Final = (
    Choice("institutions", "Cải cách thể chế", ("thể chế",)),
    Choice("procedures", "Cải cách thủ tục hành chính", ("TTHC", "cải cách TTHC")),
    Choice("organisation", "Cải cách tổ chức bộ máy", ("tổ chức bộ máy", "bộ máy")),
    Choice("civil_service", "Cải cách chế độ công vụ", ("chế độ công vụ", "công vụ")),
    Choice("public_finance", "Cải cách tài chính công", ("tài chính công",)),
    Choice(
        "digital_government",
        "Xây dựng chính quyền điện tử, chính quyền số",
        ("chính quyền số", "chính quyền điện tử", "chuyển đổi số"),
    ),
    Choice("direction", "Chỉ đạo, điều hành", ("chỉ đạo điều hành",)),
)
INSPECTION_KINDS: Final = (
    Choice("periodic", "Định kỳ", ("theo kế hoạch",)),
    Choice("surprise", "Đột xuất"),
    Choice("recheck", "Tái kiểm tra", ("phúc tra",)),
    Choice("self", "Tự kiểm tra"),
)
PRECISIONS: Final = (
    Choice("day", "Ngày"),
    Choice("month", "Tháng"),
    Choice("quarter", "Quý"),
    Choice("year", "Năm"),
)
OPERATORS: Final = (
    Choice("at_least", "Từ … trở lên", ("≥", ">=", "tối thiểu")),
    Choice("at_most", "Không quá", ("≤", "<=", "tối đa")),
    Choice("between", "Trong khoảng"),
    Choice("label_at_least", "Xếp loại từ"),
    Choice("share_at_label", "Tỷ lệ đơn vị đạt xếp loại"),
    Choice("change_from_baseline", "Tăng, giảm so với năm gốc"),
    Choice("rank_at_most", "Thứ hạng không quá", ("trong nhóm … đầu",)),
    Choice("leading_group", "Nhóm dẫn đầu"),
    Choice("qualitative", "Định tính"),
)
METRIC_KINDS: Final = (
    Choice("figure", "Số liệu tính từ hồ sơ"),
    Choice("indicator", "Chỉ tiêu báo cáo"),
    Choice("index", "Chỉ số (PAPI, PCI, SIPAS, PAR INDEX)"),
    Choice("rating", "Xếp loại CCHC của đơn vị"),
    Choice("none", "Không đo bằng số"),
)
DEFINITIONS: Final = (
    Choice("form", "Theo biểu II.06a"),
    Choice("portal", "Theo QĐ 766"),
    Choice("carried", "Theo số phải giải quyết"),
    Choice("lenient", "Theo một cửa nội bộ"),
)
INDEXES: Final = (
    Choice("PAPI", "PAPI"),
    Choice("PCI", "PCI"),
    Choice("SIPAS", "SIPAS"),
    Choice("PAR INDEX", "PAR INDEX", ("PARINDEX", "PAR-Index")),
)
VALUE_KINDS: Final = (
    Choice("printed", "In trong nguồn"),
    Choice("derived", "Suy ra"),
    Choice("bound", "Chỉ biết giới hạn"),
    Choice("change", "Chỉ biết mức thay đổi"),
    Choice("panel", "Bảng số liệu đầy đủ"),
)
LEVELS: Final = (
    Choice("province", "Cấp tỉnh", ("tỉnh", "sở, ban, ngành")),
    Choice("district", "Cấp huyện", ("huyện",)),
    Choice("commune", "Cấp xã", ("xã",)),
)
LIMIT_UNITS: Final = (
    Choice("hour", "Giờ"),
    Choice("working_day", "Ngày làm việc"),
    Choice("day", "Ngày"),
    Choice("month", "Tháng"),
)
ONLINE_LEVELS: Final = (
    Choice("partial", "Một phần"),
    Choice("full", "Toàn trình"),
)
COVERAGES: Final = (
    Choice("own", "Của chính đơn vị", ("đơn vị",)),
    Choice("communes", "Của các xã, phường", ("các phường", "các xã, phường, thị trấn")),
)


def _unit(label: str = "Đơn vị", *also: str, required: bool = True) -> Column:
    return Column(
        "unit", label, UNIT, required, "unit_id", ("đơn vị", *also), help=_UNIT_HELP, width=32
    )


def _code(label: str, *, help: str = "Không trùng nhau.") -> Column:
    return Column("code", label, required=True, also=("mã",), help=help)


def _programme(*, helper: bool = False, required: bool = True) -> Column:
    return Column(
        "programme",
        "Mã chương trình",
        "programme",
        required,
        None if helper else "programme_id",
        ("mã chương trình, kế hoạch", "chương trình"),
        help="Mã ở sổ Chương trình, kế hoạch.",
    )


def _task() -> tuple[Column, Column]:
    return _programme(helper=True), Column(
        "task", "Mã nhiệm vụ", "task", True, "task_id", within="programme"
    )


_SOURCE: Final = Column(
    "source", "Nguồn", required=True, also=("nguồn số liệu",), help="Văn bản, báo cáo, bài báo…"
)
_WORDING: Final = Column(
    "wording", "Nguyên văn", also=("trích nguyên văn",), help="Câu chữ của nguồn.", width=48
)
_PERIOD: Final = (
    Column("period_from", "Từ ngày", DATE),
    Column("period_to", "Đến ngày", DATE),
)
_PRECISION: Final = Column(
    "date_precision",
    "Độ chính xác của ngày",
    CHOICE,
    choices=PRECISIONS,
    default="day",
    help="“Tháng” khi nguồn chỉ nêu tháng.",
)
_BY: Final = Column("by", "Người cập nhật", required=True, also=("người ghi",))


def _month_known(row: dict[str, Any]) -> None:
    row.setdefault("date_precision", "day")


def _six_clear(row: Mapping[str, Any]) -> Problem | None:
    if row.get("due_on") is not None and row.get("is_standing"):
        return Problem(
            "Thường xuyên",
            "Có",
            "nhiệm vụ thường xuyên không có hạn; hãy bỏ hạn hoặc ghi “Không”.",
        )
    return None


def _update_is_sound(row: Mapping[str, Any]) -> Problem | None:
    if row.get("is_completed") and row.get("is_launched") is False:
        return Problem(
            "Đã hoàn thành", "Có", "nhiệm vụ chưa triển khai thì chưa thể hoàn thành; hãy sửa lại."
        )
    if row.get("completed_on") is not None and row.get("is_completed") is not True:
        return Problem(
            "Ngày hoàn thành",
            f"{row['completed_on']:%d/%m/%Y}",
            "chỉ ghi ngày hoàn thành khi nhiệm vụ đã hoàn thành.",
        )
    return None


def _recheck_has_parent(row: Mapping[str, Any]) -> Problem | None:
    if row.get("kind") == "recheck" and row.get("parent_id") is None:
        return Problem(
            "Mã cuộc kiểm tra trước",
            None,
            "tái kiểm tra phải nêu cuộc kiểm tra trước; hãy điền cột này.",
        )
    if row.get("id") is not None and row.get("parent_id") == row.get("id"):
        return Problem("Mã cuộc kiểm tra trước", None, "không thể là chính cuộc kiểm tra này.")
    return None


def _no_self_repeat(row: Mapping[str, Any]) -> Problem | None:
    if row.get("id") is not None and row.get("repeats_id") == row.get("id"):
        return Problem("Lặp lại tồn tại", None, "một tồn tại không thể lặp lại chính nó.")
    return None


def _target_is_whole(row: Mapping[str, Any]) -> Problem | None:
    needed = rules.TARGET_NEEDS.get(str(row.get("operator")), ())
    for column, label in needed:
        if row.get(column) is None:
            return Problem(label, None, "phép so sánh này cần giá trị ở cột này; hãy điền.")
    return None


def _score_in_scale(row: Mapping[str, Any]) -> Problem | None:
    score = row.get("score")
    if score is not None and row.get("index_name") == "PAPI" and score > 100:
        return Problem("Điểm", str(score), "điểm PAPI không quá 100; kiểm tra dấu thập phân.")
    rank, of = row.get("rank"), row.get("n_provinces")
    if rank is not None and of is not None and rank > of:
        return Problem("Thứ hạng", str(rank), f"thứ hạng lớn hơn số địa phương ({of}); hãy sửa.")
    return None


def _value_or_sides(row: Mapping[str, Any]) -> Problem | None:
    if row.get("denominator") == 0:
        return Problem("Mẫu số", "0", "mẫu số bằng 0 thì không có tỷ lệ; hãy để trống cả hai.")
    return None


PROGRAMME: Final = Register(
    "programme",
    "Chương trình, kế hoạch",
    (
        _code("Mã chương trình"),
        Column(
            "name",
            "Tên chương trình, kế hoạch",
            required=True,
            also=("tên chương trình", "tên kế hoạch", "tên"),
            width=60,
        ),
        Column("kind", "Loại", CHOICE, True, choices=PROGRAMME_KINDS),
        _unit("Đơn vị ban hành"),
        Column("parent", "Thuộc chương trình", "programme", False, "parent_id"),
        Column("document", "Số, ký hiệu văn bản", also=("văn bản",)),
        Column("issued_on", "Ngày ban hành", DATE),
        *_PERIOD,
        Column(
            "announced_tasks",
            "Số nhiệm vụ công bố",
            INTEGER,
            low=0,
            help="Số nhiệm vụ mà văn bản nói là có; số đã nhập được đếm riêng.",
        ),
        _WORDING,
        _SOURCE,
    ),
    ("code",),
    ("period_from", "issued_on", "period_to"),
    (rules.in_order("period_from", "period_to", "Đến ngày"),),
    refers_to_itself=True,
)

TASK: Final = Register(
    "task",
    "Nhiệm vụ",
    (
        _programme(),
        _code("Mã nhiệm vụ", help="Không trùng trong một chương trình."),
        Column("name", "Tên nhiệm vụ", required=True, also=("rõ việc", "nhiệm vụ"), width=60),
        _unit("Đơn vị chủ trì"),
        Column(
            "co_units",
            "Đơn vị phối hợp",
            UNITS,
            help="Mã hoặc tên các đơn vị, cách nhau bằng dấu chấm phẩy.",
            width=32,
        ),
        Column("person", "Người phụ trách", also=("rõ người",)),
        Column("area", "Lĩnh vực CCHC", CHOICE, choices=AREAS, width=28),
        Column("category", "Nhóm nhiệm vụ"),
        Column("assigned_on", "Ngày giao", DATE),
        Column("due_on", "Hạn hoàn thành", DATE, also=("hạn", "rõ thời gian", "thời hạn")),
        Column(
            "is_standing",
            "Thường xuyên",
            BOOLEAN,
            default=False,
            help="“Có” khi nhiệm vụ thường xuyên, không có hạn.",
        ),
        Column("product", "Sản phẩm", also=("rõ sản phẩm",)),
        Column("responsibility", "Trách nhiệm", also=("rõ trách nhiệm",)),
        Column("authority", "Thẩm quyền", also=("rõ thẩm quyền",)),
        _WORDING,
        _SOURCE,
    ),
    ("programme_id", "code"),
    ("assigned_on", "due_on"),
    (rules.in_order("assigned_on", "due_on", "Hạn hoàn thành"), _six_clear),
)

TASK_UPDATE: Final = Register(
    "task_update",
    "Cập nhật nhiệm vụ",
    (
        *_task(),
        Column("at", "Thời điểm", MOMENT, True, also=("ngày cập nhật",)),
        Column("is_launched", "Được triển khai", BOOLEAN, help="Để trống khi chưa rõ."),
        Column("is_completed", "Đã hoàn thành", BOOLEAN, help="Để trống khi chưa rõ."),
        Column("completed_on", "Ngày hoàn thành", DATE),
        Column("note", "Tình hình", also=("ghi chú",), width=48),
        Column("evidence", "Minh chứng"),
        _BY,
    ),
    ("task_id", "at"),
    checks=(_update_is_sound,),
)

REMINDER: Final = Register(
    "reminder",
    "Đôn đốc",
    (
        *_task(),
        Column("at", "Thời điểm", MOMENT, True, also=("ngày đôn đốc",)),
        Column("document", "Văn bản đôn đốc"),
        Column("by", "Người đôn đốc", also=("người cập nhật",)),
    ),
    ("task_id", "at"),
)

INSPECTION: Final = Register(
    "inspection",
    "Kiểm tra",
    (
        _code("Mã cuộc kiểm tra"),
        Column("campaign", "Đợt kiểm tra"),
        Column("kind", "Loại", CHOICE, True, choices=INSPECTION_KINDS, also=("hình thức",)),
        Column("is_digital", "Qua môi trường số", BOOLEAN),
        _unit("Đơn vị được kiểm tra"),
        Column(
            "subject",
            "Cơ sở được kiểm tra",
            help="Nơi không có trong cây đơn vị, ví dụ một trường học thuộc đơn vị.",
        ),
        Column(
            "from_on", "Từ ngày", DATE, True, month="first", help="Chỉ biết tháng: ghi mm/yyyy."
        ),
        Column("to_on", "Đến ngày", DATE, month="last"),
        _PRECISION,
        Column("topics", "Nội dung", width=48),
        Column("team", "Thành phần đoàn"),
        Column("basis", "Căn cứ"),
        Column("conclusion_no", "Số kết luận"),
        Column("concluded_on", "Ngày kết luận", DATE),
        Column("parent", "Mã cuộc kiểm tra trước", "inspection", False, "parent_id"),
        _SOURCE,
    ),
    ("code",),
    ("from_on", "to_on"),
    (rules.in_order("from_on", "to_on", "Đến ngày"), _recheck_has_parent),
    refers_to_itself=True,
)

FINDING: Final = Register(
    "finding",
    "Tồn tại",
    (
        _code("Mã tồn tại"),
        Column("inspection", "Mã cuộc kiểm tra", "inspection", True, "inspection_id"),
        Column(
            "kind",
            "Nhóm lỗi",
            required=True,
            help="Một cửa, liên thông, quy trình nội bộ, quy trình TTHC, kỷ luật kỷ cương…",
        ),
        Column("description", "Mô tả", required=True, also=("tồn tại",), width=60),
        Column("responsible", "Chịu trách nhiệm"),
        Column("recommendation", "Kiến nghị", width=40),
        Column("fix_by", "Hạn khắc phục", DATE),
        Column("reported_on", "Ngày báo cáo khắc phục", DATE),
        Column("report_document", "Văn bản báo cáo"),
        Column("evidence", "Minh chứng"),
        Column("repeats", "Lặp lại tồn tại", "finding", False, "repeats_id"),
        _SOURCE,
    ),
    ("code",),
    checks=(_no_self_repeat,),
    refers_to_itself=True,
)

FINDING_CHECK: Final = Register(
    "finding_check",
    "Xác nhận khắc phục",
    (
        Column("finding", "Mã tồn tại", "finding", True, "finding_id"),
        Column(
            "inspection",
            "Mã cuộc tái kiểm tra",
            "inspection",
            False,
            "inspection_id",
            help="Để trống khi xác nhận qua văn bản.",
        ),
        Column("checked_on", "Ngày xác nhận", DATE, True),
        Column("is_fixed", "Đã khắc phục", BOOLEAN, True),
        Column("note", "Ghi chú"),
        _BY,
    ),
    ("finding_id", "checked_on"),
)

TARGET: Final = Register(
    "target",
    "Chỉ tiêu",
    (
        _programme(),
        _code("Mã chỉ tiêu", help="Không trùng trong một chương trình."),
        Column("name", "Tên chỉ tiêu", required=True, width=60),
        _unit("Đơn vị được đánh giá"),
        Column("metric_kind", "Đo bằng", CHOICE, True, choices=METRIC_KINDS),
        Column("metric", "Mã số liệu", help="Mã của số liệu, chỉ tiêu báo cáo hoặc chỉ số."),
        Column("definition", "Cách tính đúng hạn", CHOICE, choices=DEFINITIONS),
        Column("field", "Lĩnh vực", "field", False, "field_id"),
        Column("operator", "Phép so sánh", CHOICE, True, choices=OPERATORS),
        Column("low", "Mức dưới", NUMBER, percent="fraction"),
        Column("high", "Mức trên", NUMBER, percent="fraction"),
        Column("label", "Xếp loại"),
        Column("share", "Tỷ lệ đơn vị", NUMBER, percent="fraction", low=0, high=1),
        Column("base_label", "Tính trên đơn vị đạt xếp loại"),
        Column("baseline_year", "Năm gốc", INTEGER, low=1990, high=2100),
        Column("baseline_value", "Giá trị năm gốc", NUMBER),
        Column("period_from", "Từ ngày", DATE, True),
        Column("period_to", "Đến ngày", DATE, True),
        Column("every_period", "Duy trì ở mọi kỳ", BOOLEAN, default=False),
        Column("unit_of_measure", "Đơn vị tính"),
        _WORDING,
        _SOURCE,
    ),
    ("programme_id", "code"),
    ("period_from", "period_to"),
    (
        rules.in_order("period_from", "period_to", "Đến ngày"),
        rules.in_order("low", "high", "Mức trên"),
        _target_is_whole,
    ),
)

COMMITMENT: Final = Register(
    "commitment",
    "Cam kết",
    (
        _programme(helper=True),
        Column("target", "Mã chỉ tiêu", "target", True, "target_id", within="programme"),
        _unit("Đơn vị cam kết"),
        Column("signer", "Người ký"),
        Column("position", "Chức vụ"),
        Column("signed_on", "Ngày ký", DATE),
        _SOURCE,
    ),
    ("target_id", "unit_id"),
    ("signed_on",),
)

UNIT_RATING: Final = Register(
    "unit_rating",
    "Xếp loại CCHC của đơn vị",
    (
        Column("scheme", "Bộ chỉ số", required=True, help="Ví dụ: hai-duong-xa."),
        Column("year", "Năm", INTEGER, True, low=1990, high=2100),
        _unit(),
        Column("label", "Xếp loại"),
        Column("label_order", "Thứ bậc xếp loại", INTEGER, help="Số lớn là tốt hơn."),
        Column("score", "Điểm", NUMBER, low=0, high=1000),
        Column("rank", "Thứ hạng", INTEGER, low=1),
        _SOURCE,
    ),
    ("scheme", "year", "unit_id"),
    ("year",),
)

INDEX_SCORE: Final = Register(
    "index_score",
    "Chỉ số",
    (
        Column("index_name", "Chỉ số", CHOICE, True, also=("index",), choices=INDEXES),
        Column("year", "Năm", INTEGER, True, low=1990, high=2100, help="Năm được đo."),
        Column("edition_year", "Năm công bố", INTEGER, low=1990, high=2100),
        Column("component", "Thành phần", required=True, help="TOTAL, D1…D8, PAR1…PAR8…"),
        Column("component_name", "Tên thành phần", also=("component_name_vi",)),
        Column("province_code", "Mã tỉnh", help="Mã của 63 tỉnh; 00: cả nước."),
        Column("province", "Tỉnh, thành phố", required=True, also=("tỉnh",)),
        Column("score", "Điểm", NUMBER, percent="keep", low=0, high=1000),
        Column("rank", "Thứ hạng", INTEGER, low=1, high=100),
        Column(
            "rank_bound", "Thứ hạng không quá", INTEGER, low=1, high=100, signs=("<=", "≤", "<")
        ),
        Column("group_name", "Nhóm", also=("group",)),
        Column("n_provinces", "Trên tổng số", INTEGER, low=1, high=100),
        Column("n_scored", "Số địa phương có điểm", INTEGER, low=0, high=100),
        Column("method_version", "Phiên bản phương pháp"),
        Column("value_kind", "Loại giá trị", CHOICE, choices=VALUE_KINDS, default="printed"),
        Column("conflict", "Dấu mâu thuẫn", help="Các dòng cùng dấu nói khác nhau."),
        _SOURCE,
        Column("note", "Ghi chú"),
    ),
    (
        "index_name",
        "year",
        "edition_year",
        "component",
        "province_code",
        "value_kind",
        "source",
    ),
    checks=(_score_in_scale,),
    fills=(rules.fill_province, rules.fill_method_version),
    prepare=rules.worst_ranks_are_notes,
)

INDICATOR_VALUE: Final = Register(
    "indicator_value",
    "Chỉ tiêu báo cáo",
    (
        Column("indicator", "Mã chỉ tiêu báo cáo", required=True, also=("chỉ tiêu",)),
        _unit(),
        Column("part", "Phần", default="", help="Để trống: toàn bộ."),
        *_PERIOD,
        Column("as_of", "Đến thời điểm", DATE),
        _PRECISION,
        Column("value", "Giá trị", NUMBER, percent="fraction"),
        Column("numerator", "Tử số", NUMBER),
        Column("denominator", "Mẫu số", NUMBER),
        Column("text", "Nội dung"),
        _WORDING,
        _SOURCE,
    ),
    ("indicator", "unit_id", "part", "period_from", "period_to", "as_of"),
    ("as_of", "period_to", "period_from"),
    (rules.in_order("period_from", "period_to", "Đến ngày"), _value_or_sides),
)

SURVEY: Final = Register(
    "survey",
    "Khảo sát của đơn vị",
    (
        _code("Mã khảo sát"),
        Column("name", "Tên khảo sát", required=True, width=48),
        _unit(),
        Column("coverage", "Phạm vi", CHOICE, choices=COVERAGES, default="own"),
        Column("as_of", "Số liệu đến ngày", DATE, True),
        Column("channel", "Kênh"),
        Column("responses", "Số lượt trả lời", INTEGER, low=0),
        Column("satisfied", "Số lượt hài lòng", INTEGER, low=0, help="Để trống khi chưa rõ."),
        _SOURCE,
    ),
    ("code", "unit_id", "as_of"),
    ("as_of",),
    (rules.not_more("satisfied", "responses", "Số lượt hài lòng", "số lượt trả lời"),),
)

SERVICE_COMPONENT: Final = Register(
    "service_component",
    "Chất lượng phục vụ (QĐ 766)",
    (
        _unit(),
        Column("month", "Tháng", DATE, True, month="first", help="Ví dụ 03/2025."),
        Column(
            "component",
            "Thành phần",
            required=True,
            help="Ví dụ 2.1; điểm nhóm trên Cổng: N1–N6; tổng điểm: TONG.",
        ),
        Column("numerator", "Tử số", NUMBER, low=0),
        Column("denominator", "Mẫu số", NUMBER, low=0),
        Column("portal_score", "Điểm trên Cổng", NUMBER, low=0, high=100),
        _SOURCE,
    ),
    ("unit_id", "month", "component"),
    ("month",),
    (
        rules.known_component,
        rules.not_more("numerator", "denominator", "Tử số", "mẫu số"),
    ),
    fills=(rules.fill_first_of_month,),
)

_FORM_COLUMNS: Final = (
    "Số nhận giải quyết: tổng số",
    "Trong kỳ, trực tuyến",
    "Trong kỳ, trực tiếp và bưu chính",
    "Từ kỳ trước",
    "Đã giải quyết: tổng số",
    "Trước hạn",
    "Đúng hạn",
    "Đã giải quyết quá hạn",
    "Đang giải quyết: tổng số",
    "Trong hạn",
    "Đang giải quyết quá hạn",
)

FORM_ROW: Final = Register(
    "form_row",
    "Số liệu báo cáo (biểu II.06a)",
    (
        Column("form", "Biểu", default="II.06a"),
        _unit("Đơn vị báo cáo"),
        Column("coverage", "Phạm vi", CHOICE, choices=COVERAGES, default="own"),
        Column("field", "Lĩnh vực", "field", False, "field_id"),
        *_PERIOD,
        *(
            Column(f"c{number}", f"({number}) {label}", INTEGER, low=0, also=(f"({number})",))
            for number, label in enumerate(_FORM_COLUMNS, start=3)
        ),
        Column("reported_rate", "Tỷ lệ in trong báo cáo (%)", NUMBER, percent="keep", high=100),
        _WORDING,
        _SOURCE,
    ),
    ("form", "unit_id", "coverage", "field_id", "period_from", "period_to"),
    ("period_from", "period_to"),
    (rules.in_order("period_from", "period_to", "Đến ngày"), *rules.FORM_SUMS),
)

FIELD: Final = Register(
    "field",
    "Lĩnh vực",
    (
        _code("Mã lĩnh vực"),
        Column("name", "Tên lĩnh vực", required=True, width=48),
    ),
    ("code",),
)

PROCEDURE: Final = Register(
    "procedure",
    "Danh mục thủ tục hành chính",
    (
        Column("code", "Mã thủ tục", required=True, also=("mã TTHC",), help="Ví dụ 1.012781."),
        Column("version", "Phiên bản", INTEGER, default=1, low=1, help="Để trống: phiên bản 1."),
        Column("name", "Tên thủ tục", required=True, also=("tên TTHC",), width=64),
        Column("field", "Lĩnh vực", "field", False, "field_id"),
        Column("level", "Cấp giải quyết", CHOICE, choices=LEVELS),
        Column("limit_value", "Thời hạn giải quyết", INTEGER, low=0),
        Column("limit_unit", "Đơn vị thời hạn", CHOICE, choices=LIMIT_UNITS),
        Column("online_level", "Mức dịch vụ công trực tuyến", CHOICE, choices=ONLINE_LEVELS),
        Column("has_fee", "Có nghĩa vụ tài chính", BOOLEAN),
        Column("is_sensitive", "Tên có thông tin nhạy cảm", BOOLEAN, default=False),
        Column("valid_from", "Có hiệu lực từ", DATE),
        Column("valid_to", "Có hiệu lực đến", DATE, help="Ngày cuối còn hiệu lực."),
    ),
    ("code", "version"),
    checks=(
        rules.in_order("valid_from", "valid_to", "Có hiệu lực đến"),
        rules.both_or_neither(
            "limit_value", "limit_unit", "Thời hạn giải quyết", "đơn vị thời hạn"
        ),
    ),
)

REGISTERS: Final[dict[str, Register]] = {
    register.name: register
    for register in (
        FIELD,
        PROCEDURE,
        PROGRAMME,
        TASK,
        TASK_UPDATE,
        REMINDER,
        INSPECTION,
        FINDING,
        FINDING_CHECK,
        TARGET,
        COMMITMENT,
        UNIT_RATING,
        INDEX_SCORE,
        INDICATOR_VALUE,
        SURVEY,
        SERVICE_COMPONENT,
        FORM_ROW,
    )
}
"""Every register by name, parents before children (the order in which examples are loaded)."""


def days_of(register: Register, row: Mapping[str, Any]) -> list[date]:
    """The days on which the row's units are looked up, as far as its own columns say any.

    A unit counts that was valid on the first of them, or else on the next.
    """
    days: list[date] = []
    for name in register.days:
        value = row.get(name)
        if isinstance(value, date):
            days.append(value)
        elif isinstance(value, int):
            days += [date(value, 12, 31), date(value, 1, 1)]
    return days
