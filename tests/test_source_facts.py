"""All 122 facts of the five source articles and the 38 of public pages: each is held by records,
or said to be only text.

tests/source_facts.toml says where. The records are the shipped examples, loaded through the
ordinary import, read back from the snapshot's frames and the database.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from sqlalchemy import Engine, select

from connectors.database.models import Base
from connectors.database.session import migrate, open_database
from connectors.engine import Facts, Scope, open_facts
from connectors.registers import REGISTERS, import_register, load_examples
from connectors.settings import PROJECT_ROOT, Settings
from metrics.dossiers.catalogue import FIGURES
from metrics.registers.held import Held as Registers
from tests.source_facts_app import App, check, same

FACTS = PROJECT_ROOT.parent / "shared" / "domain" / "source-facts.csv"
PAGES = FACTS.with_name("new-facts-2026.csv")
ENTRIES: dict[int | str, dict[str, Any]] = {
    entry["no"]: entry
    for entry in tomllib.loads(
        (Path(__file__).with_name("source_facts.toml")).read_text(encoding="utf-8")
    )["row"]
}
HOW_MANY = 122
OF_PAGES = 38
PANEL = FACTS.parents[1] / "data" / "indices" / "papi_panel_2011_2024.csv"
_CHECKS = ("app", "record", "count", "derived", "figure", "column")

Held = dict[str, list[dict[str, Any]]]


def _installed(folder: Path) -> Settings:
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'examples.db'}",
        timezone="Asia/Ho_Chi_Minh",
    )
    database = open_database(settings.database_url)
    migrate(database)
    database.dispose()
    return settings


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Settings]]:
    settings = _installed(tmp_path_factory.mktemp("examples"))
    database = open_database(settings.database_url)
    load_examples(database, settings)
    yield database, settings
    database.dispose()


@pytest.fixture(scope="module")
def held(installation: tuple[Engine, Settings]) -> Held:
    """Every register's rows, and the units', with references spelt out."""
    return _held(installation[0])


@pytest.fixture(scope="module")
def facts(installation: tuple[Engine, Settings]) -> Facts:
    """What the screens are made of."""
    return open_facts(installation[1], Scope(None))


@pytest.fixture(scope="module")
def app(facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> App:
    """The figures, and those with the full panel of PAPI imported beside the examples."""
    if not PANEL.is_file():
        return App(facts)
    settings = _installed(tmp_path_factory.mktemp("panel"))
    database = open_database(settings.database_url)
    load_examples(database, settings, refresh_snapshot=False)
    import_register(database, settings, "index_score", PANEL, by="x", mapping="papi-panel")
    database.dispose()
    return App(facts, open_facts(settings, Scope(None)))


def _held(database: Engine) -> Held:
    tables = Base.metadata.tables
    with database.connect() as connection:
        raw: Held = {
            name: [dict(row) for row in connection.execute(select(tables[name])).mappings()]
            for name in (*REGISTERS, "unit", "task_unit")
        }
    by_id = {name: {row["id"]: row for row in rows if "id" in row} for name, rows in raw.items()}
    for name in (*REGISTERS, "unit"):
        for row in raw[name]:
            _spell_out(name, row, by_id)
    for row in raw["task"]:
        row["co_units"] = sum(1 for link in raw["task_unit"] if link["task_id"] == row["id"])
    return raw


def _spell_out(name: str, row: dict[str, Any], by_id: Mapping[str, Mapping[int, Any]]) -> None:
    for kind in ("programme", "task", "target", "inspection", "finding"):
        if row.get(f"{kind}_id") is not None:
            row[kind] = by_id[kind][row[f"{kind}_id"]]["code"]
    if row.get("task_id") is not None:
        task = by_id["task"][row["task_id"]]
        row["programme"] = by_id["programme"][task["programme_id"]]["code"]
    if row.get("unit_id") is not None:
        unit = by_id["unit"][row["unit_id"]]
        row["unit"], row["unit_kind"] = f"{unit['scheme']}:{unit['code']}", unit["kind"]
    if row.get("parent_id") is not None:
        parent = by_id[name][row["parent_id"]]
        code = parent["code"]
        row["parent"] = f"{parent['scheme']}:{code}" if name == "unit" else code
    source = row.get("source")
    if isinstance(source, str) and source.startswith("article "):
        row["article"] = source[8:11]


def _matching(held: Held, selector: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = held[selector["register"]]
    where = selector.get("where", {})
    if rows:
        missing = set(where) - {name for row in rows for name in row}
        assert not missing, f"{selector['register']}: no column {missing}"
    found = [row for row in rows if all(row.get(name) == want for name, want in where.items())]
    for name in selector.get("unknown", ()):
        found = [row for row in found if row[name] is None]
    day: date | None = selector.get("valid_on")
    if day is not None:
        found = [
            row for row in found if (row["valid_from"] or day) <= day <= (row["valid_to"] or day)
        ]
    return found


def _check_record(held: Held, wanted: Mapping[str, Any]) -> None:
    selector = {"register": wanted["register"], "where": wanted["where"]}
    found = _matching(held, selector)
    assert len(found) == 1, f"{selector}: {len(found)} rows"
    row = found[0]
    for name, value in wanted.get("expect", {}).items():
        assert same(row[name], value), f"{selector}: {name} is {row[name]!r}, not {value!r}"
    for name, part in wanted.get("contains", {}).items():
        assert part in row[name], f"{selector}: {name} does not contain {part!r}"
    for name in wanted.get("unknown", ()):
        assert row[name] is None, f"{selector}: {name} is {row[name]!r}, not unknown"


def _check_count(held: Held, wanted: Mapping[str, Any]) -> None:
    found = _matching(held, wanted)
    names = {row[wanted["distinct"]] for row in found} if "distinct" in wanted else found
    assert len(names) == wanted["is"], f"{wanted}: {len(names)}"


def _number(held: Held, selector: Mapping[str, Any]) -> float:
    found = _matching(held, selector)
    assert found, f"{selector}: nothing"
    if "column" not in selector:
        return len(found)
    return float(sum(row[selector["column"]] for row in found))


def _check_derived(held: Held, wanted: Mapping[str, Any]) -> None:
    numbers = [_number(held, selector) for selector in wanted["of"]]
    first, rest = numbers[0], numbers[1:]
    if wanted["op"] == "ratio":
        answer = round(first / rest[0], 3)
    else:
        answer = first + sum(rest) if wanted["op"] == "sum" else first - sum(rest)
    assert answer == wanted["is"], wanted


def _facts(path: Path = FACTS) -> list[dict[str, str]]:
    if not path.is_file():
        pytest.skip("the shared domain folder is not beside the project")
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_fact_has_an_entry() -> None:
    facts = _facts()
    assert len(facts) == HOW_MANY
    pages = _facts(PAGES)
    assert len(pages) == OF_PAGES
    wanted: set[int | str] = {int(fact["no"]) for fact in facts}
    assert wanted | {fact["id"] for fact in pages} == set(ENTRIES)


@pytest.mark.parametrize("number", ENTRIES)
def test_the_fact_is_held(number: int | str, held: Held, app: App) -> None:
    entry = ENTRIES[number]
    assert "shows" in entry or entry.get("text", "").startswith("Chỉ là văn bản: ")
    assert "text" in entry or any(entry.get(check) for check in _CHECKS), "nothing is checked"
    for wanted in entry.get("record", ()):
        _check_record(held, wanted)
    for wanted in entry.get("count", ()):
        _check_count(held, wanted)
    for wanted in entry.get("derived", ()):
        _check_derived(held, wanted)
    for wanted in entry.get("app", ()):
        check(app, wanted)
    for key in entry.get("figure", ()):
        assert key in FIGURES, key
    for name in entry.get("column", ()):
        table, _, column = name.partition(".")
        assert column in Base.metadata.tables[table].c, name


def test_the_quoted_words_are_kept(held: Held) -> None:
    """Wordings of examples are the articles' own words: each quotes a fact."""
    quotes = {fact["quote_vi"] for fact in _facts()}
    pages = {fact["source"] for fact in _facts(PAGES)}
    for name in ("programme", "task", "target", "indicator_value", "form_row"):
        for row in held[name]:
            if row["source"] in pages:  # a page's own words were not kept with its numbers
                assert row["wording"] is None, f"{name}: {row['wording']}"
                continue
            assert row["wording"] in quotes, f"{name}: {row['wording']}"
            # What a reader knows an article by: place and date, not how a collection numbers it.
            assert re.search(r"Bài đã đăng \(.+\d{4}\)", row["source"]), row["source"]


def test_what_the_screens_read_is_the_same(facts: Facts, held: Held) -> None:
    for name, lazy in facts.registers.standing().items():
        frame = lazy.collect()
        assert len(frame) == len(held[name]), name


def test_loading_again_changes_nothing(installation: tuple[Engine, Settings]) -> None:
    database, settings = installation
    for report in load_examples(database, settings, refresh_snapshot=False):
        assert report.rows_unchanged == report.rows_read, report


def test_a_wrong_number_is_found(held: Held) -> None:
    """The checks can fail."""
    task_list = {"register": "task", "where": {"programme": "HD-KH-2023"}}
    survey = {"register": "survey", "where": {"code": "HD-QR-2023-QUAN"}}
    with pytest.raises(AssertionError):
        _check_record(held, survey | {"expect": {"responses": 775}})
    with pytest.raises(AssertionError):
        _check_record(held, survey | {"unknown": ["responses"]})
    with pytest.raises(AssertionError):
        _check_count(held, task_list | {"is": 28})
    with pytest.raises(AssertionError):
        _check_derived(held, {"op": "sum", "is": 28, "of": [task_list]})


def _numbers(entry: Mapping[str, Any]) -> list[tuple[dict[str, Any], str | None]]:
    """The numbers of a fact: which rows hold it, and in which column (None: their count)."""
    found: list[tuple[dict[str, Any], str | None]] = [
        ({"register": wanted["register"], "where": wanted["where"]}, name)
        for wanted in entry.get("record", ())
        for name, value in wanted.get("expect", {}).items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and name != "co_units"
    ]
    counted = [w for w in entry.get("count", ()) if w["is"] and w["register"] in REGISTERS]
    return found + [({k: v for k, v in w.items() if k != "is"}, None) for w in counted]


def _with_a_wrong_number(
    app: App, held: Held, selector: Mapping[str, Any], column: str | None
) -> App:
    """The app over registers in which one row's number is another one, or one row is missing."""
    row = _matching(held, selector)[0]
    frame = app.frame(selector["register"])
    same = [
        pl.col(name).eq_missing(pl.lit(row[name], dtype))
        for name, dtype in frame.schema.items()
        if name in row and name != "at"
    ]
    at = frame.with_row_index("_at").filter(same)["_at"]
    assert len(at) >= 1, selector
    here = pl.int_range(pl.len()) == at[0]
    changed = (
        frame.filter(~here)
        if column is None
        else frame.with_columns(
            pl.when(here).then(pl.col(column) * 2 + 1).otherwise(pl.col(column)).alias(column)
        )
    )
    registers = {
        **app.facts.registers.standing(),
        selector["register"]: nw.from_native(changed.lazy()),
    }
    wrong = replace(app.facts, registers=Registers(registers))
    return App(wrong, app.with_panel)


@pytest.mark.parametrize(
    ("number", "at"),
    [(no, at) for no, entry in ENTRIES.items() for at in range(len(_numbers(entry)))],
)
def test_a_wrong_number_in_a_record_is_seen(
    number: int | str, at: int, held: Held, app: App
) -> None:
    """Every number of the facts comes out of a figure: another number, another figure."""
    entry = ENTRIES[number]
    selector, column = _numbers(entry)[at]
    wrong = _with_a_wrong_number(app, held, selector, column)
    with pytest.raises(AssertionError):
        for wanted in entry.get("app", ()):
            check(wrong, wanted)
