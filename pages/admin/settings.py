"""Administration: after a setting was written, the figures are brought in step with it.

The write is over in no time; a changed calendar makes the snapshot anew, which may take minutes.
So that is a piece of work in the background, which tells at its end what has changed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final

import streamlit as st

from connectors import snapshot
from connectors.access import Reader
from connectors.engine import Facts, Scope, open_facts
from connectors.overrides import OverrideRefused
from connectors.settings import Settings
from metrics.core.ask import Ask, just_after
from metrics.core.vietnamese import number
from metrics.dossiers.calendar_effect import Effect, calendar_effect
from pages.admin import screen as admin
from ui.shell import data, jobs
from ui.shell.answers import DatabaseLost
from ui.shell.text import plain

_log = logging.getLogger(__name__)
_JOB: Final = "settings"
_DONE: Final = "settings_done"


def change(
    subject: str, write: Callable[[Reader], None], done: str, day: date | None, at: str = ""
) -> bool:
    """Writes a setting and begins to bring the figures in step; whether it was written.

    ``day``: the day of the calendar that changes; None: not the calendar. ``at``: as of
    :func:`pages.admin.screen.act`. To be called from a widget's callback.
    """

    def work(reader: Reader) -> None:
        if jobs.busy():
            raise OverrideRefused(
                "Đang có một lần nhập hoặc tổng hợp chạy; hãy đợi xong rồi ghi lại."
            )
        write(reader)

    if not admin.act("edit_settings", subject, work, whole=True, at=at):
        return False
    database, settings = data.database(), data.settings()

    def follow(tell: jobs.Tell) -> str:
        tell("Đã ghi. Đang tổng hợp lại số liệu…", 0, None)
        before = None if day is None or data.manifest() is None else _touched(settings, day)
        try:
            snapshot.refresh(
                database,
                settings,
                lambda done, total: tell("Đang tổng hợp lại số liệu: hồ sơ", done, total),
            )
        except DatabaseLost as error:
            _log.exception("snapshot not refreshed after a setting")
            raise jobs.JobRefused(
                f"{done} Nhưng chưa tổng hợp lại được: cơ sở dữ liệu đang bận hoặc mất kết nối. "
                "Bấm “Tổng hợp lại” ở màn hình Dữ liệu."
            ) from error
        if before is None or day is None:
            return done
        tell("Đang so số liệu trước và sau…", 0, None)
        return f"{done} {effect_words(_effect(settings, before, day))}"

    if not jobs.start(_JOB, follow):
        # Somebody else's work began in between; it may or may not have seen the change.
        left = "Bấm “Tổng hợp lại” ở màn hình Dữ liệu khi việc đang chạy đã xong."
        st.session_state[_DONE] = jobs.Job(_JOB, problem=f"{done} {left}")
    return True


def _touched(settings: Settings, day: date) -> Facts:
    """The facts that a change of that day can matter for: not of what ended before it."""
    start = datetime.combine(day, time())
    until = open_facts(settings, Scope(frozenset())).data_until or start
    return open_facts(settings, Scope(None), alive=(start, max(until, start) + timedelta(days=1)))


def _effect(settings: Settings, before: Facts, day: date) -> Effect:
    after = _touched(settings, day)
    until = just_after(before.data_until or datetime.combine(day, time()))
    last = max(until.date(), day)
    asks = (Ask(day, last, facts.calendar, as_of=until) for facts in (before, after))
    return calendar_effect(before, after, *asks)


def effect_words(effect: Effect) -> str:
    """What a change of the calendar did, as a sentence."""
    if effect.nothing:
        return "Chưa hồ sơ nào có kết quả khác đi."
    parts = (
        (effect.days, "đổi số ngày làm việc quá hạn"),
        (effect.acceptance, "đổi kết quả tiếp nhận đúng hay trễ"),
        (effect.portal, "dời hạn theo cách tính của Cổng Dịch vụ công quốc gia"),
    )
    told = "; ".join(f"{number(count)} hồ sơ {what}" for count, what in parts if count)
    return f"Số liệu đã đổi: {told}."


def collect(job: jobs.Job | None) -> None:
    """Keeps what this session's finished work said."""
    if job is not None and job.kind == _JOB:
        st.session_state[_DONE] = job


def told() -> None:
    """What the last change came to, once."""
    job: jobs.Job | None = st.session_state.pop(_DONE, None)
    if job is None:
        return
    if job.problem is not None:
        st.warning(plain(job.problem), icon=":material/sync_problem:")
    else:
        st.success(plain(job.result), icon=":material/check_circle:")
