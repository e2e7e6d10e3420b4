"""Made-up messages of the national exchange about the dossiers of :mod:`bench.generate`.

Two streams in one file, in the order in which they would be sent: a dossier's state (at its
receipt, and with everything that is known of it at its end) and its progress, in the shapes that
the mapping ``truc-lien-thong`` reads. Some five messages a dossier; persons invented.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from bench.generate import chunks

MAPPING: Final = "truc-lien-thong"
_STATUS: Final = {
    "Có kết quả": "9",
    "Trả lại": "8",
    "Xin rút": "7",
    "Dừng xử lý": "8",
    "Từ chối": "3",
}
_CHANNELS: Final = {"Trực tiếp": "1", "Trực tuyến": "2", "Bưu chính": "3"}
_ABSENT: Final = (
    "MaDoiTuong", "ThongTinKhac", "Email", "Fax", "TrichYeuHoSo", "NgayTra", "ThongTinTra",
    "GhiChu",
)  # fmt: skip
_NO_LISTS: Final = (
    "TaiLieuNop",
    "DanhSachLePhi",
    "DanhSachTepDinhKemKhac",
    "DanhSachGiayToKetQua",
)


def write_messages(folder: Path, dossiers: int, seed: int = 1) -> dict[str, int]:
    """``messages.jsonl`` in ``folder``; how many dossiers and messages are in it."""
    counts = {"dossiers": 0, "messages": 0}
    with (folder / "messages.jsonl").open("wb") as file:
        for frame, _ in chunks(dossiers, seed):
            lines = told(frame)
            file.writelines(line.encode() + b"\n" for line in lines)
            counts["messages"] += len(lines)
            counts["dossiers"] += frame.height
    return counts


def told(dossiers: pl.DataFrame) -> pl.Series:
    """The messages about these dossiers, a JSON text each, in the order of their moments."""
    known = dossiers.with_columns(
        begun=pl.coalesce("received_at", "submitted_at"),
        end=pl.col("end_kind").replace_strict(_STATUS, default=None),
    )
    ended = known.filter(pl.col("ended_at").is_not_null())
    paused = known.filter(pl.col("pause_from").is_not_null())
    back = paused.filter(pl.col("pause_to").is_not_null())
    # What is told after the end would open the dossier again.
    last = pl.col("ended_at") - pl.duration(seconds=5)
    examined = pl.min_horizontal(pl.col("begun") + pl.duration(hours=2), last)
    waiting, going_on = (
        pl.min_horizontal(name, last - pl.duration(seconds=left))
        for name, left in (("pause_from", 2), ("pause_to", 1))
    )
    kind = pl.when(pl.col("pause_kind") == "supplement").then(pl.lit("5")).otherwise(pl.lit("6"))
    received = known.filter(pl.col("received_at").is_not_null())
    parts = [
        _state(known, pl.col("begun"), ended=False),
        _state(ended, pl.col("ended_at"), ended=True),
        _progress(received, pl.col("begun"), "Tiếp nhận hồ sơ", pl.lit("2")),
        _progress(received, examined, "Thẩm định hồ sơ", pl.lit("4")),
        _progress(paused, waiting, "Chờ công dân", kind),
        _progress(back, going_on, "Xử lý tiếp", pl.lit("4")),
        _progress(ended, pl.col("ended_at"), "Kết thúc xử lý hồ sơ", pl.col("end")),
    ]
    return pl.concat(parts).sort("at", "line")["line"]


def _state(dossiers: pl.DataFrame, at: pl.Expr, *, ended: bool) -> pl.DataFrame:
    """``at`` and ``line`` of messages that tell all of a dossier as it is at that moment."""
    place = pl.col("code").str.slice(-4)
    first = pl.coalesce("due_original_at", "due_at")
    status = pl.col("end") if ended else pl.when(_received()).then(pl.lit("2")).otherwise(_NEW)
    none = pl.lit(pl.Series([[]], dtype=pl.List(pl.String)))
    return dossiers.select(
        at=at,
        line=_json(
            MaHoSo="code",
            MaTTHC="procedure",
            TenTTHC=pl.format("Thủ tục {}", "procedure"),
            TenLinhVuc="field",
            ChuHoSo=pl.format("Người thử {}", place),
            LoaiDoiTuong=pl.lit("1"),
            SoDienThoai=pl.format("090000{}", place),
            NgayNopHoSo=_written("submitted_at"),
            NgayTiepNhan=_written("received_at"),
            NgayHenTra=_written("due_at") if ended else _written(first),
            TrangThaiHoSo=status,
            KenhThucHien=pl.col("channel").replace_strict(_CHANNELS),
            NgayKetThucXuLy=_written("ended_at") if ended else pl.lit(""),
            DonViXuLy="unit",
            DanhSachHoSoBoSung=_supplements() if ended else none,
            **dict.fromkeys(_ABSENT, pl.lit("")),
            **dict.fromkeys(_NO_LISTS, none),
        ),
    )


_NEW: Final = pl.lit("1")


def _received() -> pl.Expr:
    return pl.col("received_at").is_not_null()


def _supplements() -> pl.Expr:
    """The list of a dossier's supplements, with the due dates before and after."""
    both = (pl.col("pause_kind") == "supplement") & pl.col("pause_to").is_not_null()
    supplement = pl.struct(
        NgayBoSung=_written("pause_from"),
        NgayTiepNhanBoSung=_written("pause_to"),
        NgayHenTraTruoc=pl.lit(""),
        NgayHenTraMoi=pl.lit(""),
    )
    return (
        pl.when(both)
        .then(pl.concat_list(supplement))
        .otherwise(pl.concat_list(supplement).list.head(0))
    )


def _progress(dossiers: pl.DataFrame, at: pl.Expr, name: str, status: pl.Expr) -> pl.DataFrame:
    """``at`` and ``line`` of messages that tell what was done, and nothing else of a dossier."""
    done = at + pl.duration(seconds=1)
    return dossiers.select(
        at=done,
        line=_json(
            MaHoSo="code",
            NguoiXuLy="officer",
            ChucDanh=pl.lit(""),
            ThoiDiemXuLy=_written(done),
            PhongBanXuLy=pl.lit(""),
            NoiDungXuLy=pl.lit(name),
            TrangThai=status,
            NgayBatDau=pl.lit(""),
            NgayKetThucTheoQuyDinh=pl.lit(""),
        ),
    )


def _json(**columns: str | pl.Expr) -> pl.Expr:
    """One object a row."""
    made = (pl.col(c) if isinstance(c, str) else c for c in columns.values())
    parts = [value.alias(name) for name, value in zip(columns, made, strict=True)]
    return pl.struct(parts).struct.json_encode()


def _written(moment: str | pl.Expr) -> pl.Expr:
    value = pl.col(moment) if isinstance(moment, str) else moment
    return value.dt.strftime("%Y%m%d%H%M%S").fill_null("")
