"""Files that failed in the field, taken in on the screen as their offices would.

The same files from the command line: tests/connectors/intake/test_field_*.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from connectors.access import Reader
from connectors.database.models import Unit
from connectors.database.session import open_database
from connectors.settings import Settings
from connectors.units_hanoi import hanoi_units
from tests.pages import kit
from tests.pages.links import html
from tests.pages.said import charts, said
from tests.turns import at_each_change

CASES: Final = Path(__file__).parents[2] / "connectors" / "intake" / "field_cases"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Nothing but the units of Hà Nội."""
    settings = kit.empty_at(tmp_path_factory.mktemp("office"))
    engine = open_database(settings.database_url)
    names = [column.name for column in Unit.__table__.columns]
    with engine.begin() as connection:
        connection.execute(
            insert(Unit),
            [
                {name: row.get(name) for name in names} | {"sort_order": 0}
                for row in hanoi_units().units.iter_rows(named=True)
            ],
        )
    engine.dispose()
    return settings


@pytest.fixture(autouse=True)
def _reform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever imports and mends looks."""
    who = Reader(1, "kiem-thu", "Người kiểm thử", "reform", None, False, None)
    monkeypatch.setattr("ui.shell.identity.look_up", lambda: (who, False))


@pytest.fixture
def office(empty: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An office with its own mappings in the folder for them."""
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    for path in CASES.glob("*.toml"):
        shutil.copy(path, mappings)
    monkeypatch.setenv("MAPPINGS_DIR", str(mappings))
    settings = kit.copy_of(empty, tmp_path / "office")
    with kit.installed(settings, monkeypatch):
        yield settings


def _taken(file: str, mapping: str) -> AppTest:
    """The screen after a trial of the file, and the import where the trial could read it."""
    app = kit.shown("data", None, part="upload", mapping=mapping)
    app.file_uploader[0].set_value((file, (CASES / file).read_bytes(), "text/csv"))
    kit.press(app.run(), "intake_try")
    if not app.button(key="intake_import").disabled:
        kit.press(app, "intake_import")
    return app


READ: Final = {
    "c01-sep.csv": ("base", (3, 3, 0), "sep=;"),
    "c06-merged.xlsx": ("basex-h2", (3, 3, 0), "Dòng tổng cộng, không phải hồ sơ: dòng 7"),
    "c10-dates.csv": ("base", (30, 25, 5), "tháng đứng trước ngày"),
    "c43b-nyc.csv": ("c43b", (2, 2, 0), ""),
    "c26-placeholders.csv": ("base", (20, 19, 1), "“NULL” 1 ô"),
    "c12-years.csv": ("base", (6, 4, 2), "dòng 3 (06/11/2062 10:00)"),
    "c20-numeric-code.xlsx": ("basex", (3, 2, 1), "hơn 15 chữ số"),
    "c28-units.csv": ("c28", (14, 12, 2), "gần nhất: Xã Hòa Bình"),
    "c42-quotes.csv": ("base", (3, 2, 1), "dấu ngoặc kép"),
    "c29-lines-per-step.csv": ("base", (3, 2, 1), "dòng đứng sau được lấy"),
}
"""File → mapping, rows read, taken and rejected, and what the screen says of it."""
_KEPT: Final = ("c01-sep.csv", "c10-dates.csv", "c20-numeric-code.xlsx", "c28-units.csv")
"""The command line reads each of them at every change."""


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("file", at_each_change(READ, _KEPT))
def test_a_file_is_read_as_it_is_meant_or_says_what_is_wrong(file: str) -> None:
    mapping, counts, words = READ[file]
    app = _taken(file, mapping)
    texts = "\n".join(one.text for one in said(app))
    shown = [
        f'<th scope="row">{label}</th><td>{count}</td>'
        for label, count in zip(
            ("Dòng đã đọc", "Hồ sơ mới", "Dòng bị từ chối"), counts, strict=True
        )
    ]
    assert all(each in html(app) for each in shown), texts
    assert words in texts


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("file", "words"), [("c08-html.xls", "trang web (HTML)"), ("c24.xes", "nhật ký sự kiện XES")]
)
def test_another_file_under_a_wrong_ending_says_what_it_is(file: str, words: str) -> None:
    app = _taken(file, "base")
    (error,) = (each.value.replace("\\", "") for each in app.error)
    assert words in error
    assert "CSV" in error
    ending = file.rpartition(".")[2]
    assert f".{ending}" in app.file_uploader[0].proto.type, "the browser would not let it through"


def test_an_unknown_token_of_a_mapping_is_refused_by_name(office: Settings, tmp_path: Path) -> None:
    own = (CASES / "c43b.toml").read_text("utf-8").replace("hh:mm:ss tt", "hh:mm:ss a")
    (tmp_path / "mappings" / "c43b.toml").write_text(own, "utf-8")
    app = kit.shown("data", None, part="upload")
    assert any("có phải “tt”?" in each.value.replace("\\", "") for each in app.warning)


@pytest.mark.usefixtures("office")
def test_a_card_never_looks_all_right_while_overdue_dossiers_stand() -> None:
    _taken("c13-austin.csv", "base")
    for screen in ("week", "units"):
        app = kit.shown(screen, None, period="week:2026-W45")
        texts = [one.text for one in said(app) if "100,0%" in one.text]
        assert texts, screen
        assert not any("●" in text for text in texts), texts


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("c19-provinces.csv", "41 dòng; 41 mới, 0 thay đổi, 0 không đổi, 0 bị loại"),
        ("c44-numbers.csv", "5 bị loại"),
        ("c45-34.csv", "5 dòng; 5 mới"),
    ],
)
def test_a_file_of_indices(file: str, words: str) -> None:
    app = kit.shown("indices", None)
    app.file_uploader(key="files_index_score_file").set_value(
        (file, (CASES / file).read_bytes(), "text/csv")
    )
    kit.press(app.run(), "files_index_score_import")
    assert words in kit.words(app)
    if file.startswith("c45"):
        _no_rank_is_kept_across_another_denominator()


def _no_rank_is_kept_across_another_denominator() -> None:
    app = kit.shown("indices", None, index="PAR INDEX")
    texts = "\n".join(one.text for one in said(app))
    assert "3/63" in texts
    assert "3/34" in texts
    assert "giữ hạng" not in texts
    assert "63 rồi 34 tỉnh, thành phố nên không so" in texts
    ranks = next(one for one in charts(app) if "hạng (trên" in str(one["layout"]["yaxis"]))
    assert ranks["data"][0]["y"] == [3, None, 3], "the line stops between"
    [between] = [line["x0"] for line in ranks["layout"]["shapes"] if line["x0"] == line["x1"]]
    assert between == 2024.5
    merged = kit.shown("indices", None, index="PAPI", province="31")
    texts = "\n".join(one.text for one in said(merged))
    assert "10/61" in texts
    assert "▼" not in texts
