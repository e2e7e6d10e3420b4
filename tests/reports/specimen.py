"""A report with every block, with what is awkward in each: every renderer is tried on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from reports.blocks import (
    Chart,
    Column,
    Form,
    FormRow,
    Head,
    HeadCell,
    Headline,
    Number,
    Paragraph,
    Report,
    Section,
    Sentence,
    Sentences,
    Series,
    Signature,
    Table,
)

LETTERS: Final = (
    "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
    "ĂÂĐÊÔƠƯÀẢÃÁẠẰẲẴẮẶẦẨẪẤẬÈẺẼÉẸỀỂỄẾỆÌỈĨÍỊÒỎÕÓỌỒỔỖỐỘỜỞỠỚỢÙỦŨÚỤỪỬỮỨỰỲỶỸÝỴ"
)
"""Every letter that Vietnamese has beyond the Latin ones."""
WORDS: Final = " ".join(LETTERS[at : at + 12] for at in range(0, len(LETTERS), 12))

FORMULAS: Final = (
    '=HYPERLINK("http://x","y")',
    "+84 24 3933",
    "-1+1",
    "@SUM(A1)",
    "#show $x$ *y* <b>",
)
"""Texts that a spreadsheet or a typesetting language would take for its own."""

HEAD: Final = Head(
    title="Báo cáo thử mọi khối",
    whose="UBND phường Hoàn Kiếm và các đơn vị trực thuộc",
    period="Tuần 47/2026 (16/11–22/11/2026)",
    as_of="Số liệu hết ngày 22/11/2026",
    definition="Theo ngày hẹn trả, trước và đúng hạn trên tổng số đã phân loại",
    source="Nguồn: Một cửa thành phố, số liệu đến 17:00 29/11/2026.",
    form="mẫu nội bộ theo cột của biểu II.06a (TT 01/2020)",
    receiver="Bộ Tư pháp",
    is_sample=True,
    edges=(0.95, 0.98),
)

HEADLINE: Final = Headline((
    Number("received", "Tiếp nhận", 123_456, change="+1.204 so với tuần trước"),
    Number("resolved", "Đã giải quyết", 119_870, change="−310 so với tuần trước"),
    Number(
        "on_time",
        "Tỷ lệ đúng hạn",
        0.9796,
        "rate",
        below="119.300/119.870 hồ sơ",
        change="giảm 0,5 điểm so với tuần trước",
        change_mark="bad",
        mark="watch",
        word="Dưới mục tiêu 98%",
    ),
    Number("pending_overdue", "Quá hạn đang tồn", None, word="Chưa có số liệu", mark="open"),
))  # fmt: skip

UNITS: Final = Table(
    "Đơn vị, xếp theo số hồ sơ không đúng hạn và quá hạn",
    (
        Column("Đơn vị"),
        Column("Đúng hạn", "rate"),
        Column("So kỳ trước", "points", "điểm"),
        Column("Đã giải quyết", "count"),
        Column("Ngày trễ TB", "mean"),
        Column("Tính đến", "moment"),
        Column("Hạn", "day"),
    ),
    [
        (
            f"UBND phường {name}",
            0.9796 - at / 40,
            None if at == 2 else -0.004 * at,
            1_234 * (at + 1),
            2.5 + at,
            datetime(2026, 11, 22, 17),
            date(2026, 11, 30),
        )
        for at, name in enumerate(
            (*FORMULAS, "Ba Đình", "Cửa Nam", "Hai Bà Trưng", "Vĩnh Tuy, một tên dài, xuống dòng")
        )
    ],
    total=("Toàn thành phố", 0.962, -0.005, 119_870, 3.25, None, None),
    marks=("watch", "bad", "bad", "bad", "bad", "bad", "bad", "open", "good"),
    note="Xếp theo số hồ sơ; không phải thứ hạng chất lượng.",
)  # fmt: skip

COLUMNS: Final = Chart(
    "Tỷ lệ đúng hạn 13 tuần",
    "columns",
    [f"T{week}" for week in range(35, 48)],
    (Series("Tỷ lệ đúng hạn", [0.97, 0.975, None, *[0.96 + at / 500 for at in range(10)]]),),
    unit="rate",
    target=("Mục tiêu 98%", 0.98),
    note="Tuần 37 chưa có số liệu.",
)
BARS: Final = Chart(
    "Hồ sơ trễ hạn theo nguyên nhân",
    "bars",
    (
        "=Chưa xác định nguyên nhân",
        "Thiếu nhân lực",
        "Phối hợp chậm giữa các cơ quan",
        "Hồ sơ phức tạp",
    ),
    (Series("Hồ sơ", [1_204, 310, 95, 4]),),
)
LINES: Final = Chart(
    "Tiếp nhận và giải quyết",
    "lines",
    [f"{month}/2026" for month in range(1, 12)],
    (
        Series("Tiếp nhận", [1_000 + 40 * at for at in range(11)]),
        Series("Giải quyết", [950, None, *[980 + 45 * at for at in range(9)]]),
    ),
    note="",
)
CALLED: Final = Sentences(
    (
        Sentence(
            "UBND phường Ba Đình",
            "đúng hạn 88,1% (37/42), dưới mục tiêu 98% tuần thứ ba liên tiếp; 5 hồ sơ trễ hạn, lâu "
            "nhất 12 ngày làm việc.",
            "bad",
            "Gấp",
        ),
        Sentence("=1+1", "còn 3 hồ sơ trễ hạn chưa có văn bản xin lỗi.", "watch", "Lưu ý"),
        Sentence("14 hồ sơ", "đến hạn trong 3 ngày làm việc tới."),
    ),
    more=7,
    title="Cần chỉ đạo",
)
FORM: Final = Form(
    head=(
        (
            HeadCell("STT", 1, 3),
            HeadCell("Lĩnh vực", 1, 3),
            HeadCell("Số lượng hồ sơ tiếp nhận", 4),
            HeadCell("Đã giải quyết", 2),
        ),
        (
            HeadCell("Tổng số", 1, 2),
            HeadCell("Trong kỳ", 2),
            HeadCell("Từ kỳ trước", 1, 2),
            HeadCell("Trước và đúng hạn", 1, 2),
            HeadCell("Quá hạn", 1, 2),
        ),
        (HeadCell("Trực tuyến"), HeadCell("Trực tiếp, bưu chính")),
    ),
    numbers=("(1)", "(2)", "(3)=(4)+(5)+(6)", "(4)", "(5)", "(6)", "(7)", "(8)"),
    kinds=("text", "text", "count", "count", "count", "count", "count", "count"),
    rows=(
        FormRow(("", "Tổng số", 1_150_343, 900_000, 250_343, 0, 1_139_324, 11_019), 0),
        FormRow(("A", "TTHC thuộc thẩm quyền của thành phố", 1_000, 900, 100, 0, 990, 10), 1),
        FormRow(("1", "=Đất đai", 600, 500, 100, 0, 595, None)),
        FormRow(("2", "Hộ tịch", 400, 400, 0, 0, 395, 5)),
    ),
    widths=(4, 20, 10, 8, 10, 8, 10, 8),
    note="Ghi chú: số liệu trích từ hệ thống một cửa.",
)
SIGNATURE: Final = Signature(
    ("Người lập biểu", "Thủ trưởng đơn vị"),
    "Hà Nội, ngày 23 tháng 11 năm 2026",
    ("Bộ Tư pháp", "Lưu: VT"),
)

SECTIONS: Final = (
    Section(
        "headline",
        "Đúng hạn 97,9%, giảm 0,5 điểm; 3 đơn vị kéo xuống",
        (HEADLINE, COLUMNS),
        "Số liệu chính",
        "Nói trước: số liệu tuần này đủ nguồn.",
    ),
    Section("units", "3 đơn vị dưới ngưỡng cảnh báo", (UNITS,), "Đơn vị", "Lời người nói."),
    Section("late", "Hồ sơ trễ nằm ở bước thẩm định", (BARS, LINES), "Trễ hạn"),
    Section("called", "Ba việc cần quyết định", (CALLED,), "Cần chỉ đạo"),
    Section("empty", f"Không có gì: {WORDS}", (
        Table("Nhiệm vụ", (Column("Nhiệm vụ"), Column("Hạn", "day")), []),
        Sentences(()),
    )),
)  # fmt: skip

SLIDES: Final = Report("thu", HEAD, SECTIONS, landscape=True, slides=True)
DOCUMENT: Final = Report(
    "thu",
    HEAD,
    (
        *SECTIONS,
        Section("form", "Biểu", (FORM, Paragraph("Đoạn văn. =1+1 là chữ."), SIGNATURE)),
    ),
)
OFFICIAL: Final = replace(
    DOCUMENT,
    head=replace(
        HEAD,
        is_sample=False,
        issuer=("UBND THÀNH PHỐ HÀ NỘI", "VĂN PHÒNG", "Số:     /BC-VP"),
        place_and_day="Hà Nội, ngày 23 tháng 11 năm 2026",
    ),
    landscape=True,
)
