"""``python -m metrics`` knows the figures of the registers: list, show, rows, by what they have."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.database.session import migrate, open_database
from connectors.registers import load_examples
from connectors.settings import Settings
from metrics.__main__ import main
from metrics.core.report_forms import told
from metrics.dictionary import dictionary
from metrics.dossiers.catalogue import FIGURES
from metrics.figures import ALL_FIGURES, REGISTER_FIGURES, SCREEN_FIGURES

YEAR = ("--from", "2023-01-01", "--to", "2023-12-31")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    settings = Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'dung-han.db'}")
    database = open_database(settings.database_url)
    migrate(database)
    load_examples(database, settings)
    database.dispose()
    return folder


@pytest.fixture
def run(examples: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DATA_DIR", str(examples))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, list(arguments), catch_exceptions=False)

    return invoke


def answer(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)
    return found


def test_list_names_every_figure_once(run: Any) -> None:
    told_figures = run("list").output.split("Định nghĩa đúng hạn")[0]
    words = [line.split(" ", 1)[0] for line in told_figures.splitlines()]
    for key in ALL_FIGURES:
        assert words.count(key) == 1, key


def test_show_by_programme(run: Any) -> None:
    shown = answer(run("show", "tasks_launched", *YEAR, "--by", "programme", "--format", "json"))
    by_key = {row["key"]: (row["numerator"], row["denominator"]) for row in shown}
    assert by_key["HD-KH-2023"] == (25, 29)
    # Nobody has said of the city's ten tasks whether they were launched.
    assert by_key["HN-10NV-2022"] == (None, 9)


def test_show_by_area_kind_and_month(run: Any) -> None:
    areas = answer(run("show", "tasks_assigned", *YEAR, "--by", "area", "--format", "json"))
    assert sum(row["numerator"] for row in areas) == 63
    assert "Cải cách thủ tục hành chính" in {row["key"] for row in areas}
    kinds = answer(run("show", "visits", *YEAR, "--by", "kind", "--format", "json"))
    assert {row["key"]: row["numerator"] for row in kinds} == {"Đột xuất": 29, "Định kỳ": 6}
    months = answer(run("show", "visits", *YEAR, "--by", "month", "--format", "json"))
    assert [row["numerator"] for row in months] == [29, 0, 3] + [0] * 9


def test_rows_are_those_that_the_number_counted(run: Any) -> None:
    arguments = (*YEAR, "--by", "programme", "--key", "HD-KH-2023", "--format", "json")
    launched = answer(run("rows", "tasks_launched", *arguments))
    assert len(launched) == 25
    assert {row["programme"] for row in launched} == {"HD-KH-2023"}
    assert {row["unit"] for row in launched} == {"Quận Hà Đông"}
    whole = answer(run("rows", "tasks_launched", *arguments, "--part", "denominator"))
    assert len(whole) == 29
    surprise = answer(
        run("rows", "visits", *YEAR, "--by", "kind", "--key", "Đột xuất", "--format", "json")
    )
    assert len(surprise) == 29


@pytest.mark.parametrize(
    "key", [figure.key for figure in REGISTER_FIGURES if figure.is_share], ids=str
)
def test_the_rows_that_spoil_a_rate_open(run: Any, key: str) -> None:
    """Together with those that count they are the rate's denominator, as often as each stands."""
    asked = ("--from", "2015-01-01", "--to", "2026-06-30", "--format", "json")
    counted, of, missing = (
        Counter(json.dumps(row, sort_keys=True) for row in answer(run("rows", key, *asked, *part)))
        for part in ((), ("--part", "denominator"), ("--part", "missing"))
    )
    assert counted + missing == of
    (shown,) = answer(run("show", key, *asked))
    # Where nothing is counted but some do not say, the number is null: unknown is not 0.
    assert (shown["numerator"] or 0, shown["denominator"]) == (counted.total(), of.total())


def test_what_a_figure_cannot_be_grouped_by_is_refused(run: Any) -> None:
    result = run("show", "visits", *YEAR, "--by", "area")
    assert result.exit_code == 2
    assert "không xếp được theo area. Có thể: unit, kind, week, month." in result.output
    assert run("show", "received", *YEAR, "--by", "programme").exit_code == 2
    assert "tasks_launched" in run("show", "task_launched", *YEAR).output
    refused = run("rows", "visits", *YEAR, "--part", "denominator")
    assert refused.exit_code == 2
    assert "không có mẫu số để mở. Bỏ --part denominator." in refused.output
    refused = run("rows", "survey_per_dossier", *YEAR, "--part", "missing")
    assert "không phải tỷ lệ" in refused.output


def test_the_dictionary_has_every_figure_with_both_sides_and_a_source() -> None:
    rows = [line for line in dictionary().splitlines() if "| `" in line]
    lines = {line.split("`")[1]: line for line in reversed(rows)}  # a definition has a key, too
    assert len(ALL_FIGURES) == len(FIGURES) + len(SCREEN_FIGURES) + len(REGISTER_FIGURES)
    for figure in ALL_FIGURES.values():
        cells = [cell.strip() for cell in lines[figure.key].strip("|").split("|")]
        assert cells[1] == figure.label
        assert cells[-1] == told(figure.basis, None)
        assert (cells[6] == "–") is not figure.is_ratio, figure.key
        assert not figure.is_ratio or (figure.numerator_meaning and figure.denominator_meaning)
