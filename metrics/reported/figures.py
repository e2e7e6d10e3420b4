"""Figures of what units report: indicators, surveys, forms. Declared from the indicators' data.

Every one looks at T: the last statement known by then. Over several units the numbers are added;
each unit reports its own, and a unit above may report those below it again, so the screen never
adds across levels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import narwhals as nw

from metrics.core.ask import Ask
from metrics.core.conditions import Condition
from metrics.core.figure import Figure, Unit
from metrics.reported.statements import (
    Indicator,
    form_state,
    indicators,
    reported_state,
    survey_beside_form,
    survey_state,
)


def _rows(key: str, *more: nw.Expr) -> Condition:
    def condition(_ask: Ask) -> nw.Expr:
        found = nw.col("indicator") == key
        for each in more:
            found = found & each
        return found

    return condition


def _value(_ask: Ask) -> nw.Expr:
    return nw.col("value")


def _rest(_ask: Ask) -> nw.Expr:
    """The whole less its parts."""
    value = nw.col("value")
    return nw.when(nw.col("part") == "").then(value).otherwise(0 - value)


def _figure(
    each: Indicator, end: str, label: str, numerator: Condition, meaning: str,
    value: Callable[[Ask], nw.Expr] | None,
) -> Figure:  # fmt: skip
    return Figure(
        key=f"{each.key}{end}",
        label=label,
        numerator=numerator,
        meaning=meaning,
        basis=each.basis,
        value=value,
        fact="indicator_value",
        unit=cast(Unit, each.unit),
        better=each.better,
        is_stock=True,
        derive=reported_state,
        told_only=True,
    )


def _of(each: Indicator) -> list[Figure]:
    told = ~nw.col("value").is_null()
    found = []
    if each.kind == "list":
        found.append(_figure(each, "", each.name, _rows(each.key), each.meaning, None))
    elif each.parts != "apart":
        total = nw.col("is_total")
        found.append(
            _figure(
                each, "", each.name, _rows(each.key, total, told), each.meaning, _value,
            )
        )  # fmt: skip
    for part, end in each.part_keys.items():
        mine = nw.col("part") == part
        found.append(
            _figure(
                each, f"_{end}", f"{each.name}: {part}", _rows(each.key, mine, told),
                f"{each.meaning} Phần: {part}.", _value,
            )
        )  # fmt: skip
    if each.parts == "among":
        both = nw.col("has_whole") & nw.col("has_parts") & nw.col("all_told")
        found.append(
            _figure(
                each, "_rest", f"{each.name}: {each.rest.lower()}", _rows(each.key, both),
                f"{each.meaning} Tổng trừ các phần mà báo cáo nêu.", _rest,
            )
        )  # fmt: skip
    return found


def _every_survey(_ask: Ask) -> nw.Expr:
    return ~nw.col("code").is_null()


def _told(column: str) -> Condition:
    return lambda _ask: ~nw.col(column).is_null()


def _column(column: str) -> Callable[[Ask], nw.Expr]:
    return lambda _ask: nw.col(column)


def _beside_form(_ask: Ask) -> nw.Expr:
    return ~nw.col("responses").is_null() & ~nw.col("reported_resolved").is_null()


def _whole_form(_ask: Ask) -> nw.Expr:
    # Lines by field stand beside a line of all fields; only the latter is counted.
    return nw.col("field_id").is_null() & ~nw.col("c7").is_null()


_SURVEY: Final[dict[str, Any]] = {
    "fact": "survey",
    "basis": "Khảo sát của đơn vị; không phải SIPAS",
    "is_stock": True,
    "derive": survey_state,
    "told_only": True,
}

REPORTED_FIGURES: Final[tuple[Figure, ...]] = (
    *(figure for each in indicators().values() if each.kind in ("count", "list")
      for figure in _of(each)),
    Figure(
        key="surveys",
        label="Khảo sát của đơn vị",
        numerator=_every_survey,
        meaning="Khảo sát đã có số đếm trước thời điểm số liệu.",
        unit="times",
        **_SURVEY,
    ),
    Figure(
        key="survey_responses",
        label="Lượt trả lời khảo sát",
        numerator=_told("responses"),
        value=_column("responses"),
        meaning="Lượt trả lời theo số đếm cuối của mỗi khảo sát; không phải tỷ lệ hài lòng.",
        unit="responses",
        **_SURVEY,
    ),
    Figure(
        key="survey_per_dossier",
        label="Lượt trả lời trên hồ sơ đã giải quyết theo báo cáo",
        numerator=_beside_form,
        denominator=_beside_form,
        value=_column("responses"),
        denominator_value=_column("reported_resolved"),
        meaning="Lượt trả lời khảo sát trên số hồ sơ mà chính đơn vị báo cáo đã giải quyết, cùng "
        "phạm vi; kỳ của hai số có thể khác nhau. Không phải tỷ lệ hài lòng.",
        numerator_meaning="lượt trả lời theo số đếm cuối của mỗi khảo sát",
        denominator_meaning="cột (7) biểu II.06a mà đơn vị báo cáo, cùng phạm vi",
        unit="rate",
        **(_SURVEY | {"derive": survey_beside_form, "told_only": False}),
    ),
    Figure(
        key="form_resolved",
        label="Hồ sơ đã giải quyết theo báo cáo của đơn vị",
        numerator=_whole_form,
        value=_column("c7"),
        meaning="Cột (7) của các biểu II.06a do đơn vị báo cáo, kỳ đã kết thúc trước thời điểm số "
        "liệu; không tính từ hồ sơ.",
        basis="{II.06a}, cột (7)",
        fact="form_row",
        unit="dossiers",
        is_stock=True,
        derive=form_state,
        told_only=True,
    ),
)  # fmt: skip
"""In the order of metrics/reported/indicators.toml, then surveys and forms."""

REPORTED_FIGURE: Final[dict[str, Figure]] = {figure.key: figure for figure in REPORTED_FIGURES}
"""Key → figure of what is reported."""
