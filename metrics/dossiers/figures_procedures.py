"""Figures of dossiers by the procedure they were received under: its version and its limit."""

from __future__ import annotations

from typing import Final

import narwhals as nw

from metrics.core import conditions as is_
from metrics.core import expressions as ex
from metrics.core.ask import Ask
from metrics.core.conditions import Condition
from metrics.core.figure import Better, Figure
from metrics.dossiers.catalogue import figure

_BASIS: Final = "Nghị định 63/2010/NĐ-CP về kiểm soát thủ tục hành chính; quy ước của phần mềm"
FORM_LEVELS: Final = ("province", "district", "commune")
"""The columns of form II.07b."""
OTHER_FLAWS: Final = ("overlap", "no_level", "no_field", "ending")
"""What is wrong with a version beside its having no time limit."""


def _expired(ask: Ask) -> nw.Expr:
    return is_.received(ask) & ex.col("procedure_expired")


def _unknown(ask: Ask) -> nw.Expr:
    return is_.received(ask) & ex.col("procedure_id").is_null()


PROCEDURE_FIGURES: Final[dict[str, Figure]] = {
    each.key: each
    for each in (
        figure("received"),
        figure("resolved"),
        figure("resolved_late"),
        figure("pending_overdue"),
        figure("on_time"),
        Figure(
            key="received_expired",
            label="Tiếp nhận theo phiên bản không còn hiệu lực",
            numerator=_expired,
            denominator=is_.received,
            meaning="Hồ sơ tiếp nhận trong kỳ theo phiên bản thủ tục không có hiệu lực vào ngày "
            "tiếp nhận, trên tổng hồ sơ tiếp nhận.",
            numerator_meaning="hồ sơ tiếp nhận theo phiên bản không có hiệu lực ngày tiếp nhận",
            denominator_meaning="hồ sơ tiếp nhận trong kỳ",
            basis=_BASIS,
            unit="rate",
            better="down",
            flow="received_at",
        ),
        Figure(
            key="received_unknown_procedure",
            label="Tiếp nhận mà chưa rõ thủ tục",
            numerator=_unknown,
            denominator=is_.received,
            meaning="Hồ sơ tiếp nhận trong kỳ mà nguồn không cho biết thủ tục, nên không biết lĩnh "
            "vực và thời hạn quy định.",
            numerator_meaning="hồ sơ tiếp nhận trong kỳ, chưa rõ thủ tục",
            denominator_meaning="hồ sơ tiếp nhận trong kỳ",
            basis=_BASIS,
            unit="rate",
            better="down",
            flow="received_at",
        ),
    )
}
"""Key → figure; all but the last two are the catalogue's."""


# -- the catalogue itself -----------------------------------------------------------------


def _of(
    key: str, label: str, numerator: Condition, meaning: str, better: Better = "down"
) -> Figure:
    return Figure(
        key=key,
        label=label,
        numerator=numerator,
        meaning=meaning,
        basis=_BASIS,
        fact="procedure",
        unit="procedures",
        better=better,
        is_stock=True,
    )


def _level(level: str) -> Condition:
    return lambda ask: nw.col("is_counted") & (nw.col("level") == level)


def _flaw(flaw: str) -> Condition:
    return lambda ask: nw.col(flaw)


CATALOGUE_FIGURE: Final[dict[str, Figure]] = {
    each.key: each
    for each in (
        _of("procedures_in_force", "Thủ tục đang có hiệu lực", lambda ask: nw.col("is_counted"),
            "Mã thủ tục có một phiên bản có hiệu lực vào ngày số liệu; hai phiên bản cùng hiệu lực "
            "chỉ đếm một.", "neither"),
        _of("procedures_province", "Cấp tỉnh", _level("province"),
            "Thủ tục đang có hiệu lực, cấp tỉnh giải quyết.", "neither"),
        _of("procedures_district", "Cấp huyện", _level("district"),
            "Thủ tục đang có hiệu lực, cấp huyện giải quyết.", "neither"),
        _of("procedures_commune", "Cấp xã", _level("commune"),
            "Thủ tục đang có hiệu lực, cấp xã giải quyết.", "neither"),
        _of("procedures_unknown_level", "Chưa rõ cấp",
            lambda ask: nw.col("is_counted")
            & ~nw.col("level").fill_null("").is_in(list(FORM_LEVELS)),
            "Thủ tục đang có hiệu lực mà danh mục không ghi cấp giải quyết."),
        _of("no_limit", "Không có thời hạn giải quyết", _flaw("no_limit"),
            "Phiên bản đang có hiệu lực mà danh mục không ghi thời hạn giải quyết, nên không tính "
            "được hẹn trả khi hồ sơ thiếu ngày hẹn."),
        _of("flawed", "Cần rà soát khác",
            lambda ask: nw.any_horizontal(*map(nw.col, OTHER_FLAWS), ignore_nulls=True),
            "Phiên bản đang có hiệu lực mà trùng hiệu lực với phiên bản khác của cùng thủ tục, "
            "chưa rõ cấp, chưa rõ lĩnh vực, hoặc sắp hết hiệu lực mà chưa có phiên bản sau."),
        _of("overlap", "Hai phiên bản cùng có hiệu lực", _flaw("overlap"),
            "Phiên bản đang có hiệu lực mà phiên bản khác của cùng thủ tục cũng có hiệu lực."),
        _of("no_level", "Chưa rõ cấp giải quyết", _flaw("no_level"),
            "Phiên bản đang có hiệu lực mà danh mục không ghi cấp giải quyết."),
        _of("no_field", "Chưa rõ lĩnh vực", _flaw("no_field"),
            "Phiên bản đang có hiệu lực mà danh mục không ghi lĩnh vực."),
        _of("ending", "Sắp hết hiệu lực", _flaw("ending"),
            "Phiên bản sắp hết hiệu lực mà chưa có phiên bản sau."),
    )
}  # fmt: skip
"""Key → figure of the catalogue on a day (metrics.dossiers.procedures.catalogue)."""
