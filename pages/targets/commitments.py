"""Who signed which target, and what became of it: by signer, and of one target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from metrics.core.vietnamese import UNKNOWN, day, number
from metrics.targets.review import Judged, Signed, counted
from metrics.targets.terms import STATES
from pages.targets import data as target_data
from pages.targets.data import SHAPES
from ui.kit.parts import empty
from ui.shell.context import Frame


def by_signer(frame: Frame, signed: Sequence[Signed]) -> None:
    """Each signer with what became of what was signed, who has most to mend first."""
    st.header("Cam kết đã ký")
    if not signed:
        empty(
            "Chưa có cam kết nào được ký dưới các chỉ tiêu này",
            "Chưa nhập cam kết nên chưa biết ai chịu trách nhiệm.",
            "Nạp tệp cam kết ở mục “Nhập từ tệp” dưới đây.",
        )
        return
    st.dataframe(
        signer_table(signed, frame.unit_names),
        hide_index=True,
        height=min(38 + 35 * len({one.row["unit_id"] for one in signed}), 420),
        column_config={"Đơn vị cam kết": st.column_config.TextColumn(width=300)},
        placeholder=UNKNOWN,
        key="targets_signers",
        alt="Các đơn vị đã ký cam kết và số chỉ tiêu đạt",
    )
    st.caption(
        "Chỉ tiêu đo từ hồ sơ, từ báo cáo và xếp loại được đánh giá trên kết quả của chính đơn vị "
        "ký; chỉ tiêu chung (thứ hạng, tỷ lệ đơn vị) theo kết quả chung."
    )


def signer_table(signed: Sequence[Signed], names: Mapping[int, str]) -> pl.DataFrame:
    """One row a signing unit: signer, day, and how many of its commitments are in which state."""
    rows = []
    for unit in dict.fromkeys(one.row["unit_id"] for one in signed):
        mine = [one for one in signed if one.row["unit_id"] == unit]
        counts = counted([one.state for one in mine])
        days = [one.row["signed_on"] for one in mine if one.row["signed_on"]]
        rows.append(
            {
                "Đơn vị cam kết": names.get(unit, UNKNOWN),
                "Người ký": mine[0].row["signer"],
                "Chức vụ": mine[0].row["position"],
                "Ngày ký": day(max(days)) if days else None,
                "Kết quả": f"đạt {counts['met']}/{len(mine)}, chưa đánh giá {counts['unknown']}",
                "Không đạt": counts["missed"],
                "Nguy cơ": counts["at_risk"],
                "Có khả năng": counts["likely"],
            }
        )
    rows.sort(key=lambda row: (-row["Không đạt"], -row["Nguy cơ"], -row["Có khả năng"]))
    return pl.DataFrame(rows)


def of_target(frame: Frame, target: Judged, signed: Sequence[Signed]) -> None:
    """Who signed one target, each with its own result and arithmetic; a row opens its dossiers."""
    mine = [one for one in signed if one.row["target_id"] == target.row["target_id"]]
    if not mine:
        return
    mine.sort(key=_need)
    st.markdown(f"**Đã ký cam kết ({number(len(mine))})**")
    opens = target.row["metric_kind"] == "figure"
    event: Any = st.dataframe(
        signed_table(mine, frame.unit_names),
        hide_index=True,
        height=min(38 + 35 * len(mine), 460),
        column_config={
            "Đơn vị cam kết": st.column_config.TextColumn(width=210, pinned=True),
            "Tình trạng": st.column_config.TextColumn(width=150),
            "Hiện tại": st.column_config.TextColumn(width=70),
            "Cách đánh giá": st.column_config.TextColumn(width=620),
        },
        placeholder=UNKNOWN,
        key=f"target_signed_{target.row['target_id']}",
        on_select="rerun" if opens else "ignore",
        selection_mode="single-cell",
        alt="Các đơn vị đã ký chỉ tiêu này, cần chỉ đạo nhất ở trên",
    )
    if not opens:
        return
    st.caption("Bấm một ô để mở hồ sơ của đơn vị ấy.")
    cells = event["selection"]["cells"]
    if cells:
        one = mine[cells[0][0]]
        theirs = replace(one.judged.target, unit_id=one.row["unit_id"])
        st.switch_page(frame.pages["late"], query_params=target_data.dossier_params(frame, theirs))


def _need(one: Signed) -> tuple[int, float, int]:
    """What needs a decision first; then how far it is beyond what the period can bear."""
    allowance = one.judged.judgement.allowance
    share = allowance.left / max(allowance.allowed, 1) if allowance else 0.0
    return list(STATES).index(one.state), share, one.row["unit_id"]


def signed_table(signed: Sequence[Signed], names: Mapping[int, str]) -> pl.DataFrame:
    """One row a signature of a target: state, value, arithmetic, who signed and when."""
    rows: list[dict[str, Any]] = [
        {
            "Đơn vị cam kết": names.get(one.row["unit_id"], UNKNOWN),
            "Tình trạng": f"{SHAPES[one.state][0]} {STATES[one.state]}",
            "Hiện tại": one.judged.judgement.shown,
            "Cách đánh giá": one.judged.judgement.brief or one.judged.judgement.sentence,
            "Người ký": one.row["signer"],
            "Chức vụ": one.row["position"],
            "Ngày ký": day(one.row["signed_on"]) if one.row["signed_on"] else None,
        }
        for one in signed
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
