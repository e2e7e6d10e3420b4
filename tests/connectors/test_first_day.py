"""docs/first-day.md, followed: its commands in order, with the files that it speaks of."""

from __future__ import annotations

import json
import random
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from connectors.__main__ import main as connectors
from connectors.database.models import Dossier, Unit
from connectors.database.session import open_database
from connectors.engine import Scope, open_facts
from connectors.settings import PROJECT_ROOT, load_settings
from metrics.__main__ import main as metrics
from metrics.core.ask import Ask, source_ends
from metrics.core.periods import period_of
from metrics.dossiers.review import review
from tests.connectors.test_catalogues import PROCEDURE_HEADER, UNIT_HEADER, workbook

PAGE = (PROJECT_ROOT / "docs" / "first-day.md").read_text(encoding="utf-8")
MONDAY = datetime(2026, 8, 3)
UNITS = (
    "UBND phường Kinh Bắc",
    "Phường Võ Cường",
    "Ủy ban nhân dân phường Bắc Giang",
    "Sở Xây dựng",
)
DOSSIERS = 40


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.S)
    lines = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    return [shlex.split(line)[2:] for line in lines]


def lists() -> bytes:
    departments = [["SXD", "Sở Xây dựng", "Sở, ban, ngành", 24, "Cấp tỉnh"]]
    procedure = ["1.004194", "Đăng ký tạm trú", "Cư trú", "Cấp xã", 3, "Ngày làm việc"]
    return workbook(
        {"Đơn vị": [UNIT_HEADER, *departments], "Thủ tục": [PROCEDURE_HEADER, procedure]}
    )


def week() -> tuple[str, dict[str, Any]]:
    """Messages in the national shape, shuffled; what a naive count of them says."""
    roll = random.Random(6)
    messages, ended, on_time = [], 0, 0
    for number in range(DOSSIERS):
        received = MONDAY + timedelta(days=roll.randrange(5), hours=8, minutes=roll.randrange(180))
        due = received + timedelta(days=2)
        done = received + timedelta(days=roll.choice([1, 1, 3]))
        own = {"MaHoSo": f"H05.18-2608{received.day:02}-{number:04}"}
        state = {
            **own,
            "MaTTHC": "1.004194.000.00.00.H05",
            "DonViXuLy": UNITS[number % len(UNITS)],
            # Some systems send their own codes beside the names.
            "MaDonViXuLy": "000.00.18.H05" if number % len(UNITS) == 0 and number % 3 else "",
            "KenhThucHien": roll.choice("12"),
            "NgayTiepNhan": f"{received:%Y%m%d%H%M%S}",
            "NgayHenTra": f"{due:%Y%m%d%H%M%S}",
            "NgayKetThucXuLy": "",
            "TrangThaiHoSo": "2",
        }
        messages.append(state)
        if done < MONDAY + timedelta(days=7):
            ended += 1
            on_time += done <= due
            end = f"{done:%Y%m%d%H%M%S}"
            messages.append({**state, "TrangThaiHoSo": "9", "NgayKetThucXuLy": end})
    roll.shuffle(messages)
    return "\n".join(map(json.dumps, messages)), {"ended": ended, "on_time": on_time}


def test_the_page_followed_gives_the_figures_of_the_home_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'ngay-dau.db'}")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    messages, wanted = week()
    Path("tuan.jsonl").write_text(messages, encoding="utf-8")
    said: list[str] = []
    for program, *words in commands():
        run = {"connectors": connectors, "metrics": metrics}[program]
        result = CliRunner().invoke(run, words, catch_exceptions=False)
        assert result.exit_code == 0, (words, result.output)
        said.append(result.stdout)
        if words[0] == "template":
            Path("danh-muc.xlsx").write_bytes(lists())
    settings = load_settings()
    database = open_database(settings.database_url)
    with database.connect() as connection:
        assert connection.execute(select(func.count(Dossier.id))).scalar_one() == DOSSIERS
        # 100 of the state's list and the department: nobody was invented.
        assert connection.execute(select(func.count(Unit.id))).scalar_one() == 101
    database.dispose()
    facts, week_ = open_facts(settings, Scope()), period_of("week", MONDAY.date())
    ask = Ask(week_.first, week_.last, facts.calendar, ends=source_ends(facts.sources))
    home = review(lambda alive: open_facts(settings, Scope(), alive=alive), ask, week_)
    last = home.series.filter(pl.col("ask") == len(home.periods) - 1)
    told = dict(last.group_by("figure").agg(pl.col("numerator").sum()).iter_rows())
    assert last["unit_id"].n_unique() == len(UNITS)
    late = wanted["ended"] - wanted["on_time"]
    assert (told["received"], told["resolved"]) == (DOSSIERS, wanted["ended"])
    assert (told["on_time"], told["resolved_late"]) == (wanted["on_time"], late)
    assert "Phường Kinh Bắc" in said[-2]
    # The code of its own is told, kept, and no other unit.
    assert "Mã đơn vị hiểu theo tên đi cùng: 000.00.18.H05 là Phường Kinh Bắc." in said[-3]
    assert f"{wanted['on_time'] / wanted['ended']:.6f}" in said[-1]
