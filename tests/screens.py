"""The screens, as AppTest opens them."""

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from connectors.settings import PROJECT_ROOT
from ui.shell.registry import SCREENS

MAIN = str(PROJECT_ROOT / "ui" / "main.py")
# The home screen has no path of its own: st.navigation knows it by the name of its file.
_HASHES = {screen.key: calc_hash(screen.path or screen.file.stem) for screen in SCREENS}


def on(app: AppTest, key: str) -> AppTest:
    """The app, whose next run draws that screen, be it the first: as a browser at its address.

    ``AppTest.switch_page`` knows no page before a first run, which would draw the home screen.
    """
    app._page_hash = _HASHES[key]
    return app
