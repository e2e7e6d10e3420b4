"""What is wrong with a mapping, setting by setting, in Vietnamese."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from connectors.intake.words import nearest

_FAULTS: Final = {
    "missing": "thiếu thiết lập này",
    "literal_error": "giá trị không dùng được; chọn một trong: {expected}",
    "string_type": "phải là chữ, đặt trong dấu ngoặc kép",
    "int_type": "phải là số nguyên",
    "int_parsing": "phải là số nguyên",
    "int_from_float": "phải là số nguyên",
    "int_parsing_size": "số quá lớn",
    "bool_type": "phải là true hoặc false",
    "bool_parsing": "phải là true hoặc false",
    "string_too_short": "không được để trống",
    "string_too_long": "dài quá {max_length} ký tự",
    "greater_than": "phải lớn hơn {gt}",
    "greater_than_equal": "phải từ {ge} trở lên",
    "less_than_equal": "phải từ {le} trở xuống",
    "dict_type": "phải là một bảng TOML",
    "model_type": "phải là một bảng TOML",
    "model_attributes_type": "phải là một bảng TOML",
    "tuple_type": "phải là một danh sách",
    "too_short": "không được để trống",
    "path_type": "phải là đường dẫn, đặt trong dấu ngoặc kép",
    "string_pattern_mismatch": "chỉ được có chữ, số và dấu -",
    "time_parsing": 'phải là giờ dạng "23:59:59"',
    "time_type": 'phải là giờ dạng "23:59:59"',
}


_AT: Final = re.compile(r"\(at line (\d+), column (\d+)\)")


def faults(error: ValidationError, model: type[BaseModel]) -> str:
    """Every fault of a mapping of ``model``, one a line; unknown settings with the nearest one."""
    items = error.errors(include_url=False)
    return "\n".join(f"  - {_fault(item, model)}" for item in items)


def unknown(names: Iterable[str], allowed: Iterable[str]) -> str:
    """The names that there are not, each with the nearest that there is."""
    known = list(allowed)
    told = []
    for name in names:
        near = nearest(name, known, 1)
        told.append(name + (f" (có phải “{near[0]}”?)" if near else ""))
    return ", ".join(told)


def syntax(error: ValueError) -> str:
    """Where a text is no TOML, as far as the parser says it."""
    found = _AT.search(str(error))
    if found is not None:
        return f"không phải TOML đúng cú pháp ở dòng {found[1]}, cột {found[2]}: {error}"
    return f"không phải TOML đúng cú pháp: {error}"


def _fault(item: Any, model: type[BaseModel]) -> str:
    place = ".".join(str(part) for part in item["loc"]) or "toàn tệp"
    if item["type"] == "extra_forbidden":
        settings = _settings(model, item["loc"][:-1])
        near = nearest(str(item["loc"][-1]), settings, 1)
        hint = f"; có phải “{near[0]}”?" if near else ""
        usable = f" Dùng được: {', '.join(settings)}." if settings else ""
        return f"{place}: không có thiết lập tên này{hint or '.'}{usable}"
    text = _FAULTS.get(item["type"])
    if text is None:
        return f"{place}: {str(item['msg']).removeprefix('Value error, ')}"
    return f"{place}: {text.format_map(item.get('ctx', {}))}"


def _settings(model: type[BaseModel], place: tuple[Any, ...]) -> list[str]:
    """The settings that there are at a place of a mapping."""
    here: type[BaseModel] | None = model
    for part in place:
        if here is not None and (field := _field(here, part)) is not None:
            here = _model_in(field)
        # Else the part is a key of a table, or a place in a list, of what was found before.
    if here is None:
        return []
    return [field.alias or name for name, field in here.model_fields.items()]


def _field(model: type[BaseModel], part: Any) -> Any:
    for name, field in model.model_fields.items():
        if part in (name, field.alias):
            return field.annotation
    return None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)
