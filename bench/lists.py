"""A long list of late dossiers as a file: what the button "Lập XLSX" does.

Nobody's data have 200,000 late dossiers; so as many others are read with the columns of that list,
and as many made-up late ones, all different, are written.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, Final

import polars as pl

from bench.timing import peak_mb
from connectors.engine import Scope, open_facts
from connectors.settings import load_settings
from metrics.core.ask import Ask
from metrics.dossiers.lateness import Filters, group_of
from metrics.dossiers.listing import export
from pages.late.export import Names, columns
from ui.kit.sheet import Sheet, to_xlsx

_MOMENTS: Final = (
    "submitted_at",
    "acceptance_due_at",
    "received_at",
    "due_original_at",
    "due_at",
    "judged_due_at",
    "ended_at",
    "apology_at",
)


def long_list(rows: int) -> dict[str, Any]:
    """Seconds by the wall and of processor, of reading and of writing; MB of the file and of memory
    at most; ``told``: how often the progress was told of."""
    wall, processor = time.perf_counter(), time.process_time()
    read = _read(rows)
    reading = time.perf_counter() - wall, time.process_time() - processor
    sheet = _sheet(_frame(rows))
    told: list[tuple[int, ...]] = []
    wall, processor = time.perf_counter(), time.process_time()
    made = to_xlsx(sheet, lambda *at: told.append(at))
    return {
        "rows": rows,
        "read": read,
        "reading": reading,
        "writing": (time.perf_counter() - wall, time.process_time() - processor),
        "file_mb": len(made.content) / 1e6,
        "peak_mb": peak_mb(),
        "told": len(told),
    }


def _read(rows: int) -> int:
    """Reads the newest months that hold so many dossiers as the list's rows; how many they were."""
    settings = load_settings()
    everything = open_facts(settings, Scope(None))
    until = everything.data_until
    assert until is not None
    received = everything.dossier.select("dossier_id", "received_day").collect(backend="polars")
    # A dossier has several states; and some were refused, which a list of received ones leaves out.
    days = received.to_native().unique("dossier_id")["received_day"].sort(descending=True)
    ask = Ask(days[min(rows + rows // 10, len(days) - 1)], until.date(), everything.calendar)
    facts = open_facts(settings, Scope(None), alive=ask.alive)
    return export(facts, group_of("received"), ask, Filters()).height


def _frame(rows: int) -> pl.DataFrame:
    at = pl.int_range(rows, eager=True)
    begin = pl.lit(datetime(2026, 1, 1, 8))
    minutes = (pl.duration(minutes=pl.lit(at * (3 + n) % 400_000)) for n in range(len(_MOMENTS)))
    moments = pl.select(
        (begin + each).alias(name) for name, each in zip(_MOMENTS, minutes, strict=True)
    )
    return (
        pl.DataFrame(
            {
                "code": pl.select(pl.format("000.00.{}.H26-260101-{}", at % 99, at)).to_series(),
                "days_late": at % 60,
                **{
                    name: at % 200 for name in ("unit_id", "receiving_unit_id", "applicant_unit_id")
                },
                "field_id": at % 30,
                "procedure_id": at % 500,
                **{name: at % 999 for name in ("step_officer_id", "officer_id")},
            }
        )
        .with_columns(
            *moments,
            days_left=pl.lit(None, pl.Int32),
            channel=pl.lit("online"),
            end_kind=pl.lit("result"),
            step_name=pl.lit("Thẩm định hồ sơ"),
            late_cause=pl.lit("other"),
            source_id=pl.lit(1),
        )
        .with_columns(step_since=pl.col("received_at"))
    )


def _sheet(frame: pl.DataFrame) -> Sheet:
    names = Names(
        units={n: f"Phường số {n}" for n in range(200)},
        fields={n: f"Lĩnh vực {n}" for n in range(30)},
        procedures={n: (f"1.{n:06}", f"Đăng ký, cấp giấy chứng nhận số {n}") for n in range(500)},
        officers={n: f"CB{n}" for n in range(999)},
        sources={1: "Một cửa điện tử"},
    )
    return Sheet("Trễ hạn", columns(names), lambda: frame, (("Danh sách", "Trễ hạn"),))
