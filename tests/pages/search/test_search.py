"""Tìm: everything by name within the reader's scope; dossiers by code, late or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from connectors.database.models import Dossier
from connectors.database.session import open_database
from tests.pages.conftest import Installation
from tests.pages.kit import installed, shown, words
from tests.pages.links import html, links


@pytest.fixture
def at(sample_installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with installed(sample_installation.settings, monkeypatch):
        yield


def typed(text: str) -> AppTest:
    app = shown("search", None)
    app.text_input(key="search_text").set_value(text).run()
    assert not app.exception
    return app


def found(app: AppTest) -> list[str]:
    return [each.value for each in app.subheader]


def test_things_of_every_kind_by_name(at: None, as_reader: Callable[..., None]) -> None:
    as_reader("reform")
    app = typed("khai sinh")
    assert found(app)[0].startswith("Thủ tục (")
    assert any("thu-tuc?" in to and "code=" in to for _, to in links(app))
    app = typed("phuong ha dong")
    assert "Phường Hà Đông" in dict(links(app))
    assert found(app)[0].startswith("Đơn vị (")
    assert "Màn hình (1)" in found(typed("trinh chieu"))
    assert found(typed("đúng hạn"))
    assert "Không tìm thấy “zzzzzz”" in words(typed("zzzzzz"))
    assert found(typed("")) == []


def test_a_dossier_that_is_on_time_is_found_by_its_code(
    at: None, as_reader: Callable[..., None], sample_installation: Installation
) -> None:
    engine = open_database(sample_installation.settings.database_url)
    with engine.connect() as connection:
        query = select(Dossier.id, Dossier.code, Dossier.resolving_unit_id).where(
            Dossier.ended_at < Dossier.due_at
        )
        number, code, unit = connection.execute(query.limit(1)).one()
        other = connection.execute(
            select(Dossier.resolving_unit_id).where(Dossier.resolving_unit_id != unit).limit(1)
        ).scalar_one()
    engine.dispose()
    as_reader("reform")
    app = typed(code.lower())
    assert "Hồ sơ (1)" in found(app)
    to = dict(links(app))[code]
    assert f"dossier={number}" in to
    assert code not in app.query_params.values()
    as_reader("unit", unit)
    assert code in dict(links(typed(code)))
    # Outside the scope, and for who opens no dossier, there is none.
    as_reader("unit", other)
    assert code not in html(typed(code)).replace(f"“{code}”", "")
    as_reader("presenter")
    assert code not in dict(links(typed(code)))


def test_a_ward_finds_no_other_wards_tasks(
    at: None, as_reader: Callable[..., None], sample_installation: Installation
) -> None:
    engine = open_database(sample_installation.settings.database_url)
    with engine.connect() as connection:
        unit = connection.execute(select(Dossier.resolving_unit_id).limit(1)).scalar_one()
    engine.dispose()
    as_reader("unit", unit)
    mine = typed("phường")
    as_reader("reform")
    everybody = typed("phường")
    assert len(links(mine)) < len(links(everybody))


def test_without_the_database_it_is_not_said_that_there_is_no_dossier(
    at: None, as_reader: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_reader("reform")
    monkeypatch.setattr("pages.search.data.asked", lambda question: None)
    app = typed("H26.99-zzzz")
    assert any("mất kết nối" in caption.value for caption in app.caption)
    assert "Không tìm thấy" not in words(app)
