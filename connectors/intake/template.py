"""The official XLSX template that the application offers for download.

Its columns are those of the shipped mapping ``mau-nhap-ho-so``; a test keeps the two alike.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import xlsxwriter

from connectors.cells import safe_cell
from connectors.intake.choices import Lists
from connectors.intake.words import late_cause_labels

_ROWS: Final = 20_000
"""Rows that carry the data validation; more rows are taken all the same."""

_MOMENT: Final = "dd/mm/yyyy hh:mm"
_YES_NO: Final = ("Có", "Không")
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    help: str
    required: bool = False
    kind: str = "text"  # text | moment | list
    choices: tuple[str, ...] | str = ()
    width: int = 18


def _dossier_columns() -> list[_Column]:
    units, procedures = "='Đơn vị'!$B$2:$B$2000", "='Thủ tục'!$B$2:$B$5000"
    return [
        _Column(
            "Mã hồ sơ",
            "Mã số hồ sơ, ví dụ H26.01.01-230605-0001. Mỗi hồ sơ một dòng.",
            True,
            width=26,
        ),
        _Column("Thủ tục", "Mã hoặc tên thủ tục ở trang “Thủ tục”.", False, "list", procedures, 32),
        _Column(
            "Đơn vị giải quyết", "Mã hoặc tên đơn vị ở trang “Đơn vị”.", True, "list", units, 28
        ),
        _Column("Đơn vị tiếp nhận", "Để trống nếu không biết.", False, "list", units, 28),
        _Column("Địa bàn người nộp", "Xã, phường của người nộp.", False, "list", units, 24),
        _Column(
            "Kênh nộp",
            "Trực tiếp, trực tuyến hoặc bưu chính công ích.",
            False,
            "list",
            ("Trực tiếp", "Trực tuyến", "Bưu chính công ích"),
        ),
        _Column("Cán bộ xử lý", "Mã hoặc họ tên cán bộ."),
        _Column("Ngày nộp", "Thời điểm nộp (hồ sơ trực tuyến).", False, "moment"),
        _Column("Ngày tiếp nhận", "Thời điểm tiếp nhận hồ sơ hợp lệ.", True, "moment"),
        _Column("Hẹn trả gốc", "Hẹn trả ghi trên giấy hẹn đầu tiên.", False, "moment"),
        _Column(
            "Hẹn trả",
            "Hẹn trả hiện hành. Chỉ ghi ngày thì tính đến hết ngày. "
            "Để trống: hồ sơ “chưa phân loại”.",
            False,
            "moment",
        ),
        _Column("Ngày kết thúc", "Thời điểm xử lý xong; để trống nếu đang xử lý.", False, "moment"),
        _Column(
            "Kết quả xử lý",
            "Để trống khi có ngày kết thúc nghĩa là có kết quả.",
            False,
            "list",
            ("Có kết quả", "Trả lại", "Công dân rút", "Từ chối tiếp nhận", "Dừng xử lý"),
        ),
        _Column("Ngày công dân nhận kết quả", "", False, "moment"),
        _Column("Ngày ghi nhận trên phần mềm", "Thời điểm bấm kết thúc.", False, "moment"),
        _Column(
            "Nguyên nhân quá hạn",
            "Chọn trong danh sách.",
            False,
            "list",
            tuple(late_cause_labels()),
        ),
        _Column("Thanh toán trực tuyến", "", False, "list", _YES_NO),
        _Column("Số hóa hồ sơ", "", False, "list", _YES_NO),
        _Column("Tái sử dụng dữ liệu", "", False, "list", _YES_NO),
        _Column("Yêu cầu bổ sung lúc", "Lần 1.", False, "moment"),
        _Column("Bổ sung xong lúc", "Để trống nếu còn chờ.", False, "moment"),
        _Column("Yêu cầu bổ sung lần 2 lúc", "Nếu có.", False, "moment"),
        _Column("Bổ sung lần 2 xong lúc", "", False, "moment"),
        _Column("Chờ nghĩa vụ tài chính từ", "Thuế, phí, lệ phí.", False, "moment"),
        _Column("Hoàn thành nghĩa vụ tài chính lúc", "", False, "moment"),
        _Column("Số văn bản xin lỗi", ""),
        _Column("Ngày văn bản xin lỗi", "", False, "moment"),
        _Column("Lý do xin lỗi", ""),
        _Column("Ngày hẹn trả mới", "Trong văn bản xin lỗi.", False, "moment"),
        _Column("Người ký", ""),
        _Column("Chủ hồ sơ", "Dữ liệu cá nhân: chỉ điền khi được phép."),
        _Column("Loại chủ hồ sơ", "", False, "list", ("Cá nhân", "Tổ chức", "Doanh nghiệp")),
        _Column("Điện thoại", "Dữ liệu cá nhân."),
        _Column("Địa chỉ", "Dữ liệu cá nhân."),
        _Column("Số định danh", "Dữ liệu cá nhân."),
    ]


_LEVELS: Final = ("Cấp tỉnh", "Cấp huyện", "Cấp xã")


def _unit_columns() -> list[_Column]:
    return [
        _Column("Mã đơn vị", "Mã định danh, ví dụ H26.01.01.", True),
        _Column("Tên đơn vị", "Tên đầy đủ, như dùng ở trang “Hồ sơ”.", True, width=36),
        _Column(
            "Loại đơn vị",
            "Viết riêng “xã”, “phường”, “sở”… cũng được. Để trống: phòng chuyên môn.",
            False,
            "list",
            (
                "Tỉnh, thành phố",
                "Sở, ban, ngành",
                "Quận, huyện",
                "Xã, phường",
                "Phòng chuyên môn",
                "Trung tâm phục vụ hành chính công",
                "Chi nhánh",
                "Cơ quan ngành dọc",
                "Khối",
            ),
            24,
        ),
        _Column("Cấp", "", False, "list", _LEVELS),
        _Column("Mã đơn vị cấp trên", "Đơn vị cấp trên phải đứng ở dòng phía trên."),
        _Column("Hiệu lực từ", "Để trống nếu không giới hạn.", False, "day"),
        _Column("Hiệu lực đến", "Ngày cuối cùng còn hiệu lực.", False, "day"),
    ]


def _procedure_columns() -> list[_Column]:
    return [
        _Column("Mã thủ tục", "Ví dụ 1.000948.H26.", True),
        _Column("Tên thủ tục", "Tên như đã công bố.", True, width=60),
        _Column("Lĩnh vực", "Mã hoặc tên; lĩnh vực chưa có thì được thêm.", width=24),
        _Column("Cấp thực hiện", "", False, "list", _LEVELS),
        _Column("Thời hạn giải quyết", "Chỉ ghi số."),
        _Column("Đơn vị thời hạn", "", False, "list", ("Giờ", "Ngày", "Ngày làm việc", "Tháng")),
        _Column("Hiệu lực từ", "Để trống nếu không giới hạn.", False, "day"),
        _Column("Hiệu lực đến", "Ngày cuối cùng còn hiệu lực.", False, "day"),
    ]


_GUIDE: Final = (
    "Mẫu nhập hồ sơ – hướng dẫn",
    "",
    "1. Trang “Đơn vị”: liệt kê các đơn vị của bạn (mã, tên). Bỏ trống nếu danh mục đã có sẵn.",
    "2. Trang “Thủ tục”: liệt kê các thủ tục (mã, tên, lĩnh vực, thời hạn).",
    "3. Trang “Hồ sơ”: mỗi hồ sơ một dòng. Cột có dấu * ở các bảng dưới là bắt buộc.",
    "4. Ngày giờ viết dạng dd/mm/yyyy hh:mm, ví dụ 05/06/2025 14:30. Không có giờ cũng được.",
    "5. Điều chưa biết thì để trống, không ghi 0 hay “không có”.",
    "6. Nạp tệp ở màn hình “Dữ liệu”, hoặc chạy: "
    ".venv/bin/python -m connectors import TỆP.xlsx --mapping mau-nhap-ho-so",
    "7. Nạp lại cùng một tệp không làm thay đổi gì; sửa một dòng rồi nạp lại sẽ cập nhật hồ sơ đó.",
    "8. Dòng sai bị giữ lại kèm lý do; các dòng khác vẫn được nhập. "
    "Tải các dòng bị từ chối về, sửa và nạp lại.",
    "9. Không đổi tên các trang và các cột.",
    "",
)


def build_template(
    units: Sequence[tuple[str, str]] = (), procedures: Sequence[tuple[str, str]] = ()
) -> bytes:
    """The template as the bytes of an XLSX file.

    ``units`` and ``procedures``: (code, name) pairs to fill into their sheets, so that the lists
    of choices are ready.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        formats = {
            "head": book.add_format(
                {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True}
            ),
            "must": book.add_format(
                {"bold": True, "bg_color": "#F8CBAD", "border": 1, "text_wrap": True}
            ),
            "text": book.add_format({"num_format": "@"}),
            "moment": book.add_format({"num_format": _MOMENT}),
            "day": book.add_format({"num_format": "dd/mm/yyyy"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
        }
        lists = Lists(book)
        sheets = {
            "Hồ sơ": _dossier_columns(),
            "Đơn vị": _unit_columns(),
            "Thủ tục": _procedure_columns(),
        }
        made = {name: _sheet(book, name, sheets[name], formats, lists) for name in sheets}
        _fill(made["Đơn vị"], units)
        _fill(made["Thủ tục"], procedures)
        _guide(book, sheets, formats)
        lists.close()
    return out.getvalue()


def _sheet(
    book: Any, name: str, columns: list[_Column], formats: dict[str, Any], lists: Lists
) -> Any:
    sheet = book.add_worksheet(name)
    for place, column in enumerate(columns):
        head = formats["must" if column.required else "head"]
        sheet.write_string(0, place, column.name, head)
        kind = column.kind if column.kind in ("moment", "day") else "text"
        sheet.set_column(place, place, column.width, formats[kind])
        _validate(sheet, place, column, lists)
    sheet.freeze_panes(1, 1)
    return sheet


def _validate(sheet: Any, place: int, column: _Column, lists: Lists) -> None:
    if column.kind == "list":
        source = column.choices if isinstance(column.choices, str) else lists.add(column.choices)
        # A warning, not a stop: a code may stand for a name.
        rule = {"validate": "list", "source": source, "error_type": "warning"}
    elif column.kind in ("moment", "day"):
        rule = {
            "validate": "custom",
            "value": "=TRUE",
            "input_title": column.name[:32],
            "input_message": f"Dạng {_MOMENT if column.kind == 'moment' else 'dd/mm/yyyy'}",
        }
    else:
        return
    sheet.data_validation(1, place, _ROWS, place, rule)


def _fill(sheet: Any, rows: Sequence[tuple[str, str]]) -> None:
    for place, (code, name) in enumerate(rows, start=1):
        sheet.write_string(place, 0, safe_cell(code))
        sheet.write_string(place, 1, safe_cell(name))


def _guide(book: Any, sheets: dict[str, list[_Column]], formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet("Hướng dẫn")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    for place, line in enumerate(_GUIDE):
        sheet.write_string(place, 0, line, formats["title"] if place == 0 else None)
    head = len(_GUIDE)
    for name, columns in sheets.items():
        sheet.write_row(head, 0, [f"Cột của trang “{name}”", "Cách điền"], formats["head"])
        for place, column in enumerate(columns, start=head + 1):
            sheet.write_string(place, 0, column.name + (" *" if column.required else ""))
            sheet.write_string(place, 1, _how(column))
        head += len(columns) + 2


def _how(column: _Column) -> str:
    """How a column is filled in; the words of a short list are named, in quotes."""
    if isinstance(column.choices, str) or not 0 < len(column.choices) <= _NAMED:
        return column.help
    return f"{column.help} Một trong: {', '.join(f'“{word}”' for word in column.choices)}.".strip()
