"""What every report says about itself: of whom, of when, read how, from what."""

from __future__ import annotations

from typing import Final

from metrics.core.on_time import ON_TIME_DEFINITIONS
from metrics.core.report_forms import told
from metrics.core.vietnamese import as_of, moment
from reports.blocks import Head
from reports.material import Material

_DUE: Final = {"current": "", "original": "; theo ngày hẹn trả gốc"}
_OVER: Final = {"classified": "", "all": "; tỷ lệ trên tất cả hồ sơ"}


def head(title: str, material: Material, form: str = "", receiver: str = "") -> Head:
    """The head of a report.

    Args:
        title: what the report is called.
        form: the form in force for the period, or that it is an internal one.
        receiver: who receives it.
    """
    asked, ask = material.asked, material.ask
    reading = ON_TIME_DEFINITIONS[ask.definition]
    return Head(
        title=title,
        whose=asked.whose,
        period=asked.period.label,
        as_of=f"Số liệu {as_of(ask.moment)}{_known(material)}",
        definition=told(reading.label, ask.last_day) + _DUE[ask.due] + _OVER[ask.whole],
        source=asked.source,
        form=form,
        receiver=receiver,
        is_sample=asked.is_sample,
        edges=tuple(ask.edges),
    )


def _known(material: Material) -> str:
    known = material.asked.known
    if known is None:
        return ""
    what = f"lô {known}" if isinstance(known, int) else moment(known)
    return f", theo ghi nhận đến {what}"
