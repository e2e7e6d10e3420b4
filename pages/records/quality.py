"""Parts of the data screen: checks of the records, each with the dossiers that fail it."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
import streamlit as st

from metrics.core.vietnamese import UNKNOWN, as_of, number, percent
from metrics.dossiers.quality import CHECKS, checks, failing
from ui.kit.parts import empty, how, remember
from ui.shell import data
from ui.shell.context import Frame
from ui.shell.view import View

SHOWN: Final = 200
_NAMES: Final = {
    "code": "Mã hồ sơ",
    "unit": "Đơn vị giải quyết",
    "source": "Nguồn",
    "received_at": "Tiếp nhận",
    "due_at": "Hẹn trả",
    "ended_at": "Kết thúc",
}


def found_by(version: str, view: View) -> pl.DataFrame:
    """How many dossiers fail each check: see metrics.dossiers.quality.checks."""
    return _found_by(version, view, data.scope_within(version, view.unit), _allowed())


def behind(version: str, view: View, key: str) -> pl.DataFrame:
    """The first dossiers that fail a check, newest received first."""
    return _behind(version, view, data.scope_within(version, view.unit), _allowed(), key)


@st.cache_data(max_entries=32, show_spinner="Đang kiểm tra dữ liệu của kỳ…")
def _found_by(version: str, view: View, units: data.Units, allowed: data.Units) -> pl.DataFrame:
    ask = data.question(version, view)
    return checks(data.facts(version, units, ask.alive), data.facts(version, allowed, None), ask)


@st.cache_data(max_entries=32, show_spinner="Đang mở hồ sơ…")
def _behind(
    version: str, view: View, units: data.Units, allowed: data.Units, key: str
) -> pl.DataFrame:
    ask = data.question(version, view)
    facts = data.facts(version, units, ask.alive)
    rows = failing(facts, data.facts(version, allowed, None), key, ask).to_native()
    frame: pl.DataFrame = (
        rows.select(
            "dossier_id", "code", "unit_id", "source_id", "received_at", "due_at", "ended_at"
        )
        .sort("received_at", "dossier_id", descending=[True, False])
        .head(SHOWN)
        .collect()
    )
    return frame


def _allowed() -> data.Units:
    """All that the reader may see: a dossier's twin may lie outside the view."""
    return data.scope_of_reader().units


def overview(frame: Frame) -> None:
    """The checks with counts and shares; the chosen one, kept in the URL, shows its dossiers."""
    st.header("Kiểm tra chất lượng dữ liệu")
    found = found_by(frame.version, frame.view)
    of = found["of"][0]
    label = frame.view.period.label
    if not of:
        empty(
            "Không có hồ sơ để kiểm tra",
            f"{label}: phạm vi đang xem không có hồ sơ nào phải giải quyết.",
            "Hãy chọn kỳ khác hoặc đơn vị khác ở thanh trên.",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"{label}: **{number(of)}** hồ sơ phải giải quyết, số liệu đến "
            f"{as_of(frame.ask.moment)}.",
            width="content",
        )
        _explain()
    chosen = _chosen(found)
    keys = found["check"].to_list()
    shown = found.select(
        pl.col("check")
        .replace({key: check.label for key, check in CHECKS.items()})
        .alias("Kiểm tra"),
        pl.when(pl.col("count") > 0).then(pl.lit("▲ có")).otherwise(pl.lit("● không")).alias("Lỗi"),
        pl.col("count").alias("Hồ sơ"),
        pl.Series("Tỷ lệ", [_share(row) for row in found.iter_rows(named=True)]),
        pl.col("check")
        .replace({key: check.meaning for key, check in CHECKS.items()})
        .alias("Nghĩa là"),
    )
    event = st.dataframe(
        shown,
        hide_index=True,
        row_height=32,
        height=38 + 32 * shown.height,
        key=f"checks_{frame.version}_{frame.view.period.token}_{frame.view.unit}",
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [keys.index(chosen)] if chosen else []}},
        column_config={
            "Kiểm tra": st.column_config.TextColumn(width=240),
            "Lỗi": st.column_config.TextColumn(width=76),
            "Hồ sơ": st.column_config.NumberColumn(width=76, format="localized"),
            "Tỷ lệ": st.column_config.TextColumn(width=76, alignment="right"),
            "Nghĩa là": st.column_config.TextColumn(width=760),
        },
        alt="Các kiểm tra và số hồ sơ mắc",
    )
    rows = event["selection"]["rows"]
    picked = keys[rows[0]] if rows and rows[0] < len(keys) else None
    remember("check", picked)
    if picked is None:
        st.caption("Chọn một dòng để mở danh sách hồ sơ của kiểm tra đó.")
        return
    _list(frame, picked, found.row(by_predicate=pl.col("check") == picked, named=True))


def _share(row: dict[str, Any]) -> str:
    """The share; one that is small but not nothing does not read as 0,0%."""
    share = row["share"]
    if share is not None and 0 < share < 0.0005:
        return "<0,1%"
    return percent(share)


def _chosen(found: pl.DataFrame) -> str | None:
    key = st.query_params.get("check")
    if key is None or key in CHECKS:
        return key
    remember("check", None)
    st.warning("Kiểm tra trong đường dẫn không có.", icon=":material/link_off:")
    return None


def _explain() -> None:
    with how("quality"):
        st.markdown(
            "**Mẫu số:** hồ sơ phải giải quyết trong kỳ – tiếp nhận trong kỳ hoặc chuyển từ kỳ "
            "trước (cột 3 biểu II.06a); không gồm hồ sơ bị từ chối tiếp nhận. **Tử số:** hồ sơ "
            "trong số đó mắc lỗi. Một hồ sơ có thể mắc nhiều lỗi."
        )
        st.markdown("\n".join(f"- **{c.label}.** {c.meaning} *{c.basis}*" for c in CHECKS.values()))


def _list(frame: Frame, key: str, row: dict[str, Any]) -> None:
    st.markdown(f"#### {CHECKS[key].label}: {number(row['count'])} hồ sơ")
    if not row["count"]:
        st.caption("Không hồ sơ nào của kỳ mắc lỗi này.")
        return
    table = behind(frame.version, frame.view, key)
    sources: dict[int, str] = dict(frame.facts.sources.select("source_id", "name").iter_rows())
    moments = [
        pl.col(name).dt.strftime("%d/%m/%Y %H:%M").alias(_NAMES[name])
        for name in ("received_at", "due_at", "ended_at")
    ]
    st.dataframe(
        table.select(
            pl.col("code").alias(_NAMES["code"]),
            _named("unit_id", frame.unit_names, "Chưa rõ đơn vị").alias(_NAMES["unit"]),
            _named("source_id", sources, "Chưa rõ nguồn").alias(_NAMES["source"]),
            *moments,
        ),
        hide_index=True,
        row_height=32,
        placeholder=UNKNOWN,
        column_config={
            _NAMES["code"]: st.column_config.TextColumn(width=230),
            _NAMES["unit"]: st.column_config.TextColumn(width=280),
            _NAMES["source"]: st.column_config.TextColumn(width=250),
        },
        alt=f"Hồ sơ: {CHECKS[key].label}",
    )
    if row["count"] > table.height:
        st.caption(f"{number(table.height)} hồ sơ tiếp nhận gần nhất trong {number(row['count'])}.")


def _named(column: str, names: dict[int, str], unknown: str) -> pl.Expr:
    return pl.col(column).replace_strict(names, default=unknown, return_dtype=pl.String)
