"""The screen of targets: states, filters in the URL, a target that is added and mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from connectors.settings import Settings
from metrics.targets.terms import STATES
from tests.pages import kit
from tests.pages.conftest import Installation
from tests.pages.kit import submit
from tests.pages.links import follow, html, links, rows_with, tables


@pytest.fixture(scope="module")
def settings(with_examples: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return kit.copy_of(with_examples, tmp_path_factory.mktemp("targets"))


@pytest.fixture
def at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    with kit.installed(settings, monkeypatch):
        yield kit.new_app()


_open = partial(kit.sound, "targets")


def test_states_filters_and_a_new_target(at: AppTest) -> None:
    _open(at)
    page = html(at)
    assert "17/17 = 100,0% ≥ 90%" in page
    assert "7/17 = 41,2% &lt; 60%" in page
    assert "không đo bằng số" in page
    assert "18 đơn vị ký" in page
    signers = rows_with(at, "Đơn vị cam kết", "Ngày ký")
    assert len(signers) == 18
    results = {(row["Đã ký"], row["Đạt"], row["Chưa đánh giá được"]) for row in signers}
    assert results == {("1", "0", "1")}

    at.selectbox(key="targets_state").set_value("missed").run()
    assert "".join(at.query_params["state"]) == "missed"
    assert "17/17" not in html(at)
    assert "7/17 = 41,2% &lt; 60%" in html(at)

    at.selectbox(key="targets_state").set_value("").run()
    labels = at.selectbox(key="new_target_programme").options
    at.selectbox(key="new_target_programme").select(labels[0])
    at.text_input(key="new_target_code").set_value("M1")
    at.text_input(key="new_target_name").set_value("Đúng hạn quý II")
    units = at.selectbox(key="new_target_unit").options
    at.selectbox(key="new_target_unit").select(next(u for u in units if "Hà Nội" in u))
    at.selectbox(key="new_target_metric_kind").select("Số liệu tính từ hồ sơ")
    at.text_input(key="new_target_metric").set_value("on_time")
    at.selectbox(key="new_target_operator").select("Từ … trở lên")
    at.date_input(key="new_target_period_from").set_value(date(2026, 4, 1))
    at.date_input(key="new_target_period_to").set_value(date(2026, 5, 31))
    submit(at, "Thêm chỉ tiêu")
    # Without the limit that the operator needs nothing is taken.
    assert "Mức dưới" in " ".join(error.value for error in at.error)
    at.text_input(key="new_target_low").set_value("1%")
    submit(at, "Thêm chỉ tiêu")
    assert any("Đã thêm chỉ tiêu" in done.value for done in at.success)
    assert "Đúng hạn quý II" in html(at)
    assert "≥ 1%" in html(at)
    assert "Từ 01/04/2026 đến 31/05/2026" in html(at)

    follow(at, "Đúng hạn quý II")
    target = "".join(at.query_params["target"])
    assert "Căn cứ: {" not in html(at)
    assert "Theo cột của biểu II.06a (TT 01/2020)" in html(at)
    at.text_input(key=f"mend_target_{target}_low").set_value("100%")
    submit(at, "Ghi sửa đổi")
    assert "≥ 100%" in html(at)


def test_a_cards_number_is_the_list_that_it_opens(at: AppTest) -> None:
    """Under a filter, too: the card counts what the filter leaves and keeps it in its link."""
    _open(at)
    programmes = rows_with(at, "Chương trình, kế hoạch", "Văn bản")
    assert len(programmes) > 1
    totals = max(programmes, key=lambda row: sum(row[state] != "0" for state in STATES.values()))
    follow(at, totals["Chương trình, kế hoạch"])
    programme = at.query_params["programme"]
    assert len(rows_with(at, "Chỉ tiêu", "Phải đạt")) == sum(
        int(totals[s]) for s in STATES.values()
    )
    for state in STATES.values():
        if totals[state] == "0":
            assert not any(label == f"Xem chỉ tiêu {state}" for label, _ in links(at))
            continue
        # The cards count what the filter leaves in any state, so that the next one opens from here.
        follow(at, f"Xem chỉ tiêu {state}")
        assert at.query_params["programme"] == programme
        assert len(rows_with(at, "Chỉ tiêu", "Phải đạt")) == int(totals[state])


def test_an_open_target_stands_above_the_list_and_closes(at: AppTest) -> None:
    _open(at)
    name = rows_with(at, "Chỉ tiêu", "Phải đạt")[0]["Chỉ tiêu"]
    follow(at, name)
    page = html(at)
    assert page.index("dh-panel-head") < page.index("dh-rows")
    assert "Định nghĩa đúng hạn" in page or "Đo bằng" in page
    follow(at, "Đóng")
    assert "target" not in at.query_params
    assert "dh-panel-head" not in html(at)
    assert tables(at)


def test_nonsense_in_the_url_is_named(at: AppTest) -> None:
    _open(at, state="tuyet-voi", programme="99999", target="x")
    warned = " ".join(warning.value for warning in at.warning)
    for part in ("state", "programme", "target"):
        assert f"“{part}” trong đường dẫn" in warned
    assert "tuyet-voi" not in warned, "a link could put words on the screen"


def test_without_a_register_nothing_is_claimed(
    small_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kit.installed(small_installation.settings, monkeypatch):
        at = _open()
    assert "Chưa có chỉ tiêu nào" in " ".join(text.value for text in at.markdown)
