"""The frame around every screen: who looks, at what, and how the screens hang together."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import streamlit as st
from polars.exceptions import PanicException
from streamlit.navigation.page import StreamlitPage

from connectors.access import Reader
from connectors.engine import Facts, NothingKnown, SnapshotMissing, damage
from connectors.settings import SettingsError
from connectors.version import version
from metrics.core.ask import last_known, source_ends
from metrics.core.vietnamese import moment
from ui.shell import data, guarded, identity, installation, own_files, runs, scopebar, signin, theme
from ui.shell.context import Frame, surrounding
from ui.shell.identity import Identity
from ui.shell.registry import SCREENS
from ui.shell.text import plain
from ui.shell.view import KEYS, View, default_view, read_view

_log = logging.getLogger(__name__)
_AWAY = ":material/cloud_off:"
_LOST = (
    "Mất kết nối cơ sở dữ liệu{since}: đang hiện số liệu tổng hợp gần nhất, chưa thể nhập, sửa hay "
    "mở từng hồ sơ. Trang tự trở lại bình thường khi có kết nối."
)
_LOOK_EVERY = 3.0
"""Seconds; it looks at what the process knows, and asks nothing of the database."""
_REMEMBERED = "frame_params"
_PAGE = "frame_page"
_WITHOUT_FIGURES = {screen.path for screen in SCREENS if screen.key in ("records", "admin")}
"""Addresses of the screens that are open whatever is asked: what is missing is brought in there."""
# A file, not an icon by name: Streamlit would fetch that from the internet.
_ICON = Path(__file__).parent / "favicon.svg"


def run() -> None:
    """Runs one script run: who looks, then the view, then the page inside it.

    A stranger's browser gets no run at all (door.py); whose session has ended is sent away.
    """
    with runs.running():
        _run()


def _run() -> None:
    st.set_page_config(
        page_title="Đúng Hạn",
        page_icon=str(_ICON),
        layout="wide",
        menu_items={"About": f"Đúng Hạn {version()}"},
    )
    who, lost = identity.look_up()
    pages = _pages(who)
    ready = identity.identify(who, lost)
    page = st.navigation(_menu(pages), position="hidden" if ready is None else "top")
    theme.apply()
    own_files.remember(None if ready is None else ready.reader.account_id)
    if who is None:
        signin.away(database_lost=lost)
    elif ready is None:
        signin.must_change(who)
    else:
        token = identity.enter(ready)
        try:
            _show(pages, page, ready)
        finally:
            identity.leave(token)


def _pages(who: Reader | None) -> dict[str, StreamlitPage]:
    """All screens have an address, for the refusal there; the menu has those that may be seen."""
    return {
        screen.key: st.Page(
            screen.file,
            title=screen.title,
            icon=screen.icon,
            url_path=screen.path or None,
            default=screen is SCREENS[0],
            visibility="visible" if who and who.may(screen.action) else "hidden",
        )
        for screen in SCREENS
    }


def _menu(pages: dict[str, StreamlitPage]) -> dict[str, list[StreamlitPage]]:
    """The pages by section, in the order of the screens: the bar has no room for all."""
    sections: dict[str, list[StreamlitPage]] = {}
    for screen in SCREENS:
        sections.setdefault(screen.section, []).append(pages[screen.key])
    return sections


def _show(pages: dict[str, StreamlitPage], page: StreamlitPage, ready: Identity) -> None:
    """The page, if the reader's role may see it, within its frame."""
    screen = next(screen for screen in SCREENS if pages[screen.key] is page)
    if not ready.reader.may(screen.action):
        identity.note_refusal(screen.action)
        _refused(pages)
        return
    # Its place is there on every run: what is below stays itself, folds stay open.
    place = st.empty()
    if ready.database_lost:
        with place.container():
            _lost()
    elif said := installation.maintenance():
        place.warning(plain(said), icon=":material/build:")
    if said := signin.told():
        st.toast(plain(said), icon=":material/check:")
    if refused := guarded.told():
        st.error(plain(refused), icon=":material/lock:")
    frame = _build(pages, page.url_path)
    if frame is None:
        return
    st.set_page_config(page_title=f"{screen.title} · {frame.whose} · Đúng Hạn")
    try:
        with surrounding(frame):
            page.run()
    except identity.NotAllowed as refusal:
        st.error(plain(refusal), icon=":material/lock:")
    except (Exception, PanicException):  # noqa: BLE001 -- whatever it is, no trace on the screen
        # The trace goes to the log; the reader gets a sentence and keeps the rest of the screen.
        _log.exception("page %s failed", page.url_path or "home")
        if found := damage(data.settings()):
            st.error(plain(found), icon=":material/error:")
            return
        st.error(
            "Không hiển thị được phần này của màn hình. Các số liệu khác không bị ảnh hưởng. "
            "Hãy tải lại trang; nếu vẫn lỗi, báo quản trị hệ thống kèm đường dẫn của trang.",
            icon=":material/error:",
        )


def _lost() -> None:
    """Says that the database does not answer, and since when."""
    if installation.lost_since() is None:
        st.warning(_LOST.format(since=""), icon=_AWAY)
    else:
        _until_it_answers()


@st.fragment(run_every=_LOOK_EVERY)
def _until_it_answers() -> None:
    """The banner goes, and with it what could not be read, once the database answers again."""
    since = installation.lost_since()
    if since is None:
        st.rerun()
    st.warning(_LOST.format(since=f" từ {moment(since.replace(tzinfo=None))}"), icon=_AWAY)


def _refused(pages: dict[str, StreamlitPage]) -> None:
    st.title("Không được phép xem")
    st.markdown(
        "Vai trò của tài khoản bạn không bao gồm màn hình này. Nếu cần cho công việc, hãy đề nghị "
        "quản trị hệ thống của cơ quan."
    )
    st.page_link(pages[SCREENS[0].key], label="Về Điều hành tuần", icon=":material/home:")


def _build(pages: dict[str, StreamlitPage], page: str) -> Frame | None:
    """The frame of this run, with its bar drawn; None when there is nothing to look at yet."""
    scope = identity.scope().units
    try:
        manifest = data.manifest()
        if manifest is None:
            if data.first_snapshot() is not None:
                st.rerun()  # whose units the reader may see is known only by a snapshot
            _no_data()
            return None
        version = data.narrowed(manifest.version)
        everything = data.facts(version, scope, None)
    except (SnapshotMissing, SettingsError) as error:
        st.error(plain(error), icon=":material/error:")
        return None
    now = datetime.now(data.settings().zone).replace(tzinfo=None)
    default = default_view(everything.data_until or now, manifest.data_from)
    view, problems = read_view(_params(page), default, _selectable(everything, scope))
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
    unknown = None
    version = data.knowing(version, view.known)
    try:
        everything = data.facts(version, scope, None)
    except NothingKnown as error:
        unknown = str(error)
    ends = source_ends(everything.sources)
    ask = view.ask(everything.calendar, everything.data_until, everything.thresholds, ends)
    whole = data.knowing(manifest.version, view.known)
    frame = Frame(version, view, default, ask, everything, pages, scope, whole)
    scopebar.draw(frame, remember)
    unknown = unknown or _beyond(frame)
    if unknown is None or page in _WITHOUT_FIGURES:
        return frame
    st.title("Chưa có số liệu")
    st.info(plain(unknown), icon=":material/event_busy:")
    newest = _newest(frame)
    st.button("Xem số liệu mới nhất", on_click=lambda: remember(newest, default), type="primary")
    return None


def _newest(frame: Frame) -> View:
    """The view without what reaches beyond the data; the period stays where it has begun."""
    until = frame.facts.data_until
    begun = until is not None and frame.view.period.first <= until.date()
    period = frame.view.period if begun else frame.default.period
    return replace(frame.view, period=period, as_of=None, known=None)


def _beyond(frame: Frame) -> str | None:
    """Why there is no answer yet: nobody knows what will have happened by then."""
    last, until = last_known(frame.facts.sources), frame.facts.data_until
    if last is None or until is None or frame.ask.moment <= last:
        return None
    return (
        f"Chưa có số liệu đến {moment(frame.ask.moment)}: số liệu mới nhất đến {moment(until)}. "
        "Hãy chọn kỳ hoặc thời điểm sớm hơn, hoặc nạp số liệu mới."
    )


def _selectable(facts: Facts, scope: frozenset[int] | None) -> frozenset[int]:
    """Units that may be chosen: what stands above the scope is a heading, and nobody's figure."""
    known = frozenset(facts.units["unit_id"].to_list())
    return known if scope is None else known & scope


def _params(page: str) -> dict[str, str]:
    """The frame's parameters: the URL's; after a walk through the menu, those of before.

    The menu's links carry no parameters. What was chosen stays in force, goes back into the
    URL, and is visible as chips. On the same screen an address without parameters means what it
    says: the reader went back to where nothing was chosen.
    """
    stayed = st.session_state.get(_PAGE) == page
    st.session_state[_PAGE] = page
    given = {key: st.query_params[key] for key in KEYS if key in st.query_params}
    if stayed:
        # A link from a screen to itself leaves the browser's address as it was: say it again.
        st.query_params.from_dict({key: st.query_params.get_all(key) for key in st.query_params})
    if given or stayed or st.query_params.get("reset"):
        st.session_state[_REMEMBERED] = given
        return given
    remembered: dict[str, str] = st.session_state.get(_REMEMBERED, {})
    for key, value in remembered.items():
        st.query_params[key] = value
    return remembered


def remember(view: View, default: View) -> None:
    """Puts a new view into the URL (called from the bar's widgets)."""
    params = view.params(default)
    st.session_state[_REMEMBERED] = params
    for key in KEYS:
        if key in params:
            st.query_params[key] = params[key]
        elif key in st.query_params:
            del st.query_params[key]


def _no_data() -> None:
    st.title("Chưa có số liệu")
    st.markdown(
        "Cơ sở dữ liệu chưa có hồ sơ, hoặc số liệu chưa được tổng hợp.\n\n"
        "- Tạo hoặc nâng cấp cơ sở dữ liệu: `.venv/bin/python -m connectors migrate`\n"
        "- Nạp hồ sơ: `.venv/bin/python -m connectors import TỆP --mapping mau-nhap-ho-so`\n"
        "- Nạp dữ liệu minh họa: `.venv/bin/python -m connectors sample`\n"
        "- Tổng hợp lại: `.venv/bin/python -m connectors snapshot`"
    )
