"""No screen says what is not so: each text of all twelve, on data full of edges (said.py)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from connectors.database.models import Unit
from connectors.database.session import open_database
from connectors.intake import import_file
from connectors.registers import load_examples
from connectors.settings import Settings
from tests.pages.kit import empty_at, installed, new_app, shown
from tests.pages.links import links, rows_with
from tests.pages.said import chart_faults, charts, faults, said
from tests.screens import on
from tests.turns import at_each_change
from ui.shell.registry import SCREENS

CASES: Final = Path(__file__).parents[1] / "connectors" / "intake" / "field_cases"

# Unit: on time, late, without a due date, pending overdue, pending in time.
EDGES: Final = {
    "Vừa đạt": (49, 1, 0, 0, 2),
    "Vừa trượt": (48, 1, 0, 0, 0),
    "Vừa trên báo động": (19, 1, 0, 1, 0),
    "Vừa dưới báo động": (113, 6, 0, 0, 0),
    "Gần như tất cả": (2599, 1, 0, 0, 1),
    "Tất cả, còn tồn": (20, 0, 0, 54, 0),
    "Tất cả": (20, 0, 0, 0, 0),
    "Gần như không": (1, 2399, 0, 3, 0),
    "Không": (0, 12, 0, 0, 0),
    "Không phân loại được": (0, 0, 31, 0, 4),
    "Chưa đánh giá được": (97, 1, 5, 0, 0),
    "Chưa rõ đến mức nào": (93, 4, 3, 2, 0),
    "Rõ là trượt": (10, 10, 3, 1, 0),
    "Chỉ nhận": (0, 0, 0, 0, 7),
    "Chỉ tồn": (0, 0, 0, 1100, 0),
}
_KINDS: Final = ("DUNG", "TRE", "THIEU", "QUA", "CON")
"""What a dossier's code begins with, by its place in :data:`EDGES`."""
LAST: Final = date(2026, 6, 28)


def _lines(seed: int) -> Iterator[str]:
    """Dossiers of a few weeks, the last of which has :data:`EDGES` and random units."""
    drawn = random.Random(seed)
    yield "Số hồ sơ;Ngày nhận;Ngày hẹn trả;Ngày xong;Đơn vị"
    number = 0
    units = EDGES | {
        f"Ngẫu nhiên {n}": tuple(drawn.choice((0, 1, 2, 9, 48, 49)) for _ in range(5))
        for n in range(8)
    }
    for weeks in (0, 1, 2, 6, 16):
        monday = LAST - timedelta(days=6 + 7 * weeks)
        for unit, counts in units.items():
            if weeks and drawn.random() < 0.4:
                continue  # this unit has no other side
            for kind, count in enumerate(counts if not weeks else _fewer(drawn, counts)):
                for _ in range(count):
                    number += 1
                    yield f"{_KINDS[kind]}-{number};{_days(monday, kind)};Phường {unit}"


def _fewer(drawn: random.Random, counts: Sequence[int]) -> list[int]:
    return [drawn.randint(0, min(count, 60)) for count in counts[:3]] + [0, 0]


def _days(monday: date, kind: int) -> str:
    def day(after: int) -> str:
        return f"{monday + timedelta(days=after):%d/%m/%Y} 09:00"

    due, ended = ((3, 2), (1, 4), (None, 2), (2, None), (30, None))[kind]
    return ";".join((day(0), *("" if each is None else day(each) for each in (due, ended))))


@pytest.fixture(scope="module", params=at_each_change((1, 2), (1,)))
def edges(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation whose data begin this year, with the shipped examples of registers."""
    folder = tmp_path_factory.mktemp("edges")
    settings = empty_at(folder)
    (folder / "ho-so.csv").write_text("\n".join(_lines(request.param)) + "\n", encoding="utf-8")
    engine = open_database(settings.database_url)
    now = datetime(2026, 6, 29, tzinfo=UTC)
    mapping = CASES / "base.toml"
    import_file(engine, settings, folder / "ho-so.csv", mapping, now=now, refresh_snapshot=False)
    load_examples(engine, settings, now=now)
    engine.dispose()
    return settings


def _unit(settings: Settings, name: str) -> str:
    engine = open_database(settings.database_url)
    with engine.connect() as connection:
        found = connection.execute(select(Unit.id).where(Unit.name == name)).scalar_one()
    engine.dispose()
    return str(found)


def _walked(screens: Sequence[str], **params: str) -> Iterator[tuple[str, AppTest]]:
    app = new_app()
    for key in screens:
        app.query_params.update(params)
        on(app, key).run()
        assert not app.exception, key
        yield key, app


_DOSSIERS: Final = ("week", "units", "late", "procedures", "service")
_TELL: Final = ("reconciling", "reported", "indices")
"""Screens of what documents tell, and of what is held against it."""
_VIEWS: Final[list[tuple[Sequence[str], dict[str, str]]]] = [
    ([each.key for each in SCREENS], {"period": "week:2026-W26"}),
    (_DOSSIERS, {"period": "month:2026-06", "over": "all"}),
    (_DOSSIERS, {"period": "year:2026", "def": "received", "cmp": "day"}),
    (("week", "units"), {"period": "week:2026-W26", "unit": "Vừa trượt"}),
    (("week", "units"), {"period": "week:2026-W26", "unit": "Gần như tất cả"}),
    (("week", "units"), {"period": "week:2026-W26", "unit": "Tất cả, còn tồn"}),
    (("week", "units"), {"period": "week:2026-W26", "unit": "Không phân loại được"}),
    (("week", "units"), {"period": "week:2026-W26", "unit": "Chưa rõ đến mức nào"}),
]


def _faults(screens: Sequence[str], **params: str) -> list[str]:
    """What is not so on these screens, each once."""
    found = [
        f"{key}: {fault}"
        for key, app in _walked(screens, **params)
        for fault in (
            *(fault for one in said(app) for fault in faults(one, tells=key in _TELL)),
            *(fault for chart in charts(app) for fault in chart_faults(chart)),
        )
    ]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize(("screens", "params"), _VIEWS)
def test_no_screen_says_what_is_not_so(
    edges: Settings, screens: Sequence[str], params: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "unit" in params:
        params = params | {"unit": _unit(edges, f"Phường {params['unit']}")}
    with installed(edges, monkeypatch):
        assert _faults(screens, **params) == []


_PERIODS: Final = ("week:2026-W26", "year:2026")


@pytest.mark.parametrize("period", at_each_change(_PERIODS, _PERIODS[:1]))
def test_nor_does_any_of_the_sample(
    with_registers: Settings, period: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with installed(with_registers, monkeypatch):
        assert _faults([each.key for each in SCREENS], period=period) == []


OPENS: Final = {
    ("not_on_time", ""): {"TRE"},
    ("late", ""): {"TRE", "QUA"},
    ("resolved_late", ""): {"TRE"},
    ("pending_overdue", ""): {"QUA"},
    ("on_time", "missing"): {"TRE"},
    ("on_time", "unknown"): {"THIEU"},
    ("on_time", ""): {"DUNG"},
}
"""Figure and part of a link → the dossiers that it may open."""


def _ways(app: AppTest) -> dict[tuple[str, str], dict[str, str]]:
    """The first link of each kind of :data:`OPENS` on a screen: its parameters."""
    queries = [urlsplit(to).query for _, to in links(app)]
    queries += [link.proto.query_string for link in app.get("page_link")]
    found: dict[tuple[str, str], dict[str, str]] = {}
    for params in (dict(parse_qsl(query)) for query in queries):
        kind = params.get("figure", ""), params.get("part", "")
        if kind in OPENS:
            found.setdefault(kind, params)
    return found


@pytest.mark.parametrize(
    ("unit", "over"), [(None, "classified"), ("Phường Chưa rõ đến mức nào", "all")]
)
def test_links_to_the_late_open_the_late_and_the_unknown_have_their_own(
    edges: Settings, unit: str | None, over: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = {"period": "week:2026-W26", "over": over}
    if unit is not None:
        params["unit"] = _unit(edges, unit)
    with installed(edges, monkeypatch):
        ways: dict[tuple[str, str], dict[str, str]] = {}
        for _, app in _walked(("week", "units"), **params):
            here = _ways(app)
            assert {("not_on_time", ""), ("on_time", "unknown")} <= here.keys()
            ways |= here
        for kind, asked in ways.items():
            opened = shown("late", None, **asked)
            codes = {row["Mã hồ sơ"] for row in rows_with(opened, "Mã hồ sơ")}
            assert {code.partition("-")[0] for code in codes} <= OPENS[kind], kind
            assert codes
