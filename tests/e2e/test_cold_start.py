"""A cold start asked first for any page's address shows nothing before the frame has run.

Streamlit serves a ``pages`` folder beside its main script directly until the first session has
run the navigation. Here the main script is ui/main.py, and each page refuses to run alone.
"""

import pytest
from streamlit.testing.v1 import AppTest

from connectors.settings import PROJECT_ROOT
from ui.shell.registry import SCREENS

PAGES = [pytest.param(screen, id=screen.key) for screen in SCREENS]


def test_every_page_is_registered():
    """A page.py in pages/ that the frame does not know would be nobody's to guard."""
    assert {screen.file for screen in SCREENS} == set((PROJECT_ROOT / "pages").glob("*/page.py"))


@pytest.mark.parametrize("screen", PAGES)
def test_a_page_run_without_the_frame_refuses(screen):
    at = AppTest.from_file(str(screen.file), default_timeout=60).run()
    assert [error.value for error in at.error] == [
        "Không thể mở trang này trực tiếp. Hãy mở lại từ trang chủ."
    ]
    assert len(at.main.children) == 1


@pytest.mark.parametrize("screen", PAGES)
def test_switching_to_a_page_before_any_run_does_not_get_around_the_frame(screen, monkeypatch):
    """AppTest forgets the navigation on each run, as a cold start does."""
    at = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=60)
    at.switch_page(str(screen.file.relative_to(PROJECT_ROOT))).run()
    assert not at.metric
    assert not at.dataframe
    assert not at.title
