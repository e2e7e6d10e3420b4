"""The screen of tasks: figures, refusals, and a task that is added, launched and reminded of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from connectors.database.session import open_database
from connectors.registers import import_register
from connectors.settings import Settings
from pages.tasks.forms import TASK
from tests.pages import kit
from tests.pages.conftest import WHO, Installation
from tests.pages.kit import submit
from tests.pages.links import follow, html, links, rows_with
from tests.tasks_register import load_tasks
from ui.kit.forms import problems

WHOLE = {
    "programme": 1,
    "code": "29",
    "name": "Số hóa hồ sơ",
    "unit": 1,
    "person": "Bà Lan",
    "due_on": date(2030, 12, 31),
    "is_standing": False,
    "product": "Báo cáo",
    "responsibility": "Chủ trì",
    "authority": "Chủ tịch",
    "source": "Kế hoạch",
}


@pytest.fixture(scope="module")
def with_tasks(
    small_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    settings = kit.copy_of(small_installation.settings, tmp_path_factory.mktemp("tasks"))
    engine = open_database(settings.database_url)
    load_tasks(engine, settings, settings.data_dir)
    engine.dispose()
    return settings


@pytest.fixture
def at(with_tasks: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with kit.installed(with_tasks, monkeypatch):
        yield kit.new_app()


def _open(at: AppTest | None, **params: str) -> AppTest:
    """The whole year up to now: what is entered below lies within it."""
    return kit.shown("tasks", at, **{"period": f"year:{date.today().year}", **params})


def _fill(at: AppTest, **texts: str) -> None:
    for key, text in texts.items():
        kind = at.text_area if key in _AREAS else at.text_input
        kind(key=f"new_task_{key}").set_value(text)


_AREAS = ("product", "responsibility", "authority")


# -- what is refused ----------------------------------------------------------------------


def test_a_whole_task_is_not_refused() -> None:
    assert problems(TASK, WHOLE) == []
    assert problems(TASK, WHOLE | {"due_on": None, "is_standing": True}) == []


@pytest.mark.parametrize(
    ("missing", "word"),
    [
        ({"person": " "}, "Rõ người"),
        ({"name": ""}, "Rõ việc"),
        ({"due_on": None}, "Rõ thời gian"),
        ({"responsibility": None}, "Rõ trách nhiệm"),
        ({"product": ""}, "Rõ sản phẩm"),
        ({"authority": ""}, "Rõ thẩm quyền"),
        ({"unit": None}, "Đơn vị chủ trì"),
        ({"programme": None}, "Mã chương trình"),
        ({"code": ""}, "Mã nhiệm vụ"),
    ],
)
def test_each_of_the_six_is_asked_for(missing: dict[str, object], word: str) -> None:
    found = problems(TASK, WHOLE | missing)
    assert len(found) == 1
    assert word in found[0]


# -- the screen ---------------------------------------------------------------------------


def test_a_task_is_added_launched_and_reminded_of(at: AppTest) -> None:
    _open(at)
    assert "25/28" in html(at)
    assert "chưa rõ" in html(at)

    # Without the six "rõ" nothing is taken.
    submit(at, "Thêm nhiệm vụ")
    refused = " ".join(error.value for error in at.error)
    for word in ("người", "việc", "thời gian", "trách nhiệm", "sản phẩm", "thẩm quyền"):
        assert f"Rõ {word}" in refused

    at.selectbox(key="new_task_programme").select_index(0)
    at.selectbox(key="new_task_unit").select_index(0)
    at.checkbox(key="new_task_is_standing").check()
    _fill(at, code="29", name="Số hóa hồ sơ", person="Bà Lan", product="Báo cáo",
          responsibility="Chủ trì", authority="Chủ tịch")  # fmt: skip
    submit(at, "Thêm nhiệm vụ")
    assert any("Đã thêm nhiệm vụ" in done.value for done in at.success)
    assert "25/29" in html(at)

    follow(at, "Số hóa hồ sơ")
    task = "".join(at.query_params["task"])
    at.radio(key=f"new_task_update_{task}_is_launched").set_value("Có")
    at.text_area(key=f"new_task_update_{task}_note").set_value("Đã bắt đầu số hóa")
    submit(at, "Ghi tình hình")
    assert "26/29" in html(at)
    assert "Đã bắt đầu số hóa – " not in html(at)
    assert "Đã bắt đầu số hóa" in html(at)
    assert WHO in html(at)

    submit(at, "Ghi đôn đốc")
    assert "1 cập nhật, 1 đôn đốc" in " ".join(text.value for text in at.markdown)

    # A change is kept with what stood there before.
    at.text_input(key=f"mend_task_{task}_person").set_value("Ông Nam")
    submit(at, "Ghi sửa đổi")
    assert "Ông Nam" in html(at)
    changes = [list(row.values())[1:] for row in rows_with(at, "Mục", "Cũ", "Mới")]
    assert [WHO, "Người phụ trách", "Bà Lan", "Ông Nam"] in changes


def test_filters_come_from_the_url_and_nonsense_is_named(at: AppTest) -> None:
    _open(at, figure="tasks_launch_unknown", programme="99999", units="x")
    warned = " ".join(warning.value for warning in at.warning)
    assert "“programme” trong đường dẫn" in warned
    assert "“units” trong đường dẫn" in warned
    assert "99999" not in warned, "a link could put words on the screen"
    assert at.selectbox(key="tasks_figure").value == "tasks_launch_unknown"


def test_a_card_opens_the_rows_that_it_counts(at: AppTest) -> None:
    _open(at)
    shown = re.search(r'Nhiệm vụ được triển khai</div><div class="dh-value">(\d+)/(\d+)', html(at))
    assert shown is not None
    follow(at, "Xem nhiệm vụ Nhiệm vụ được triển khai")
    assert len(rows_with(at, "Nhiệm vụ", "Tình trạng")) == int(shown[1]) >= 25
    follow(at, "Phần còn lại của Nhiệm vụ được triển khai")
    assert "".join(at.query_params["part"]) == "missing"
    assert len(rows_with(at, "Nhiệm vụ", "Tình trạng")) == int(shown[2]) - int(shown[1])
    assert any(label == "Bỏ lọc" for label, _ in links(at))
    follow(at, "Bỏ lọc")
    assert "figure" not in at.query_params


def test_the_contents_lead_to_headings_that_are_there(at: AppTest) -> None:
    _open(at)
    parts = [href.removeprefix("#") for _, href in links(at) if href.startswith("#")]
    assert len(parts) == 3
    assert set(parts) <= {heading.anchor for heading in at.header}


def test_a_row_of_totals_cuts_the_list(at: AppTest) -> None:
    _open(at)
    follow(at, "Thành phố Hà Nội")
    assert "units" in at.query_params
    assert {row["Đơn vị chủ trì"] for row in rows_with(at, "Nhiệm vụ", "Tình trạng")} == {
        "Thành phố Hà Nội"
    }


def test_without_a_register_nothing_is_claimed(
    small_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kit.installed(small_installation.settings, monkeypatch):
        at = _open(None)
        assert "Chưa có chương trình, nhiệm vụ nào" in kit.words(at)
        kit.shown("week", at)
    assert "Sổ theo dõi nhiệm vụ chưa được nạp." in html(at)


def test_a_bad_file_of_tasks_is_told_row_by_row(with_tasks: Settings, tmp_path: Path) -> None:
    engine = open_database(with_tasks.database_url)
    path = tmp_path / "nhiem-vu.csv"
    path.write_text(
        "Mã chương trình,Mã nhiệm vụ,Tên nhiệm vụ,Đơn vị chủ trì,Ngày giao,Hạn hoàn thành,"
        "Thường xuyên,Nguồn\n"
        "KHONG-CO,1,Việc,gso:01,,,,Kiểm thử\n"
        "KH-THU,90,Việc,gso:01,01/06/2026,01/05/2026,,Kiểm thử\n"
        "KH-THU,91,Việc,gso:01,,01/05/2026,Có,Kiểm thử\n"
        "KH-THU,,Việc,gso:01,,,,Kiểm thử\n",
        encoding="utf-8",
    )
    report = import_register(
        engine, with_tasks, "task", path, by="Lan", dry_run=True, refresh_snapshot=False
    )
    engine.dispose()
    assert (report.rows_read, report.rows_rejected) == (4, 4)
    assert [rejection.column for rejection in report.first_rejected] == [
        "Mã chương trình",
        "Hạn hoàn thành",
        "Thường xuyên",
        "Mã nhiệm vụ",
    ]
