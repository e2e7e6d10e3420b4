"""Quản trị: who may come in and do what, what was done, and how the installation is set."""

import streamlit as st

from ui import (
    admin,
    admin_accounts,
    admin_audit,
    admin_calendar,
    admin_health,
    admin_roles,
    admin_sessions,
    admin_settings,
    admin_thresholds,
    admin_waits,
    context,
    jobs,
)

here = context.current()
admin_settings.collect(jobs.finished())

st.title("Quản trị")
running = st.container()
part = admin.part()
admin.told()
if part == "accounts":
    admin_accounts.accounts(here)
elif part == "sessions":
    admin_sessions.sessions(here)
    admin_waits.waits()
elif part == "roles":
    admin_roles.roles(here)
elif part == "audit":
    admin_audit.trail(here)
elif part == "thresholds":
    admin_thresholds.thresholds(here)
elif part == "calendar":
    admin_calendar.calendar(here)
else:
    admin_health.health(here)
jobs.follow(running)
