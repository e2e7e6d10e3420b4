"""Quản trị: who may come in and do what, what was done, and how the installation is set."""

import streamlit as st

from pages.admin import accounts as admin_accounts
from pages.admin import audit as admin_audit
from pages.admin import calendar as admin_calendar
from pages.admin import health as admin_health
from pages.admin import roles as admin_roles
from pages.admin import screen as admin
from pages.admin import sessions as admin_sessions
from pages.admin import settings as admin_settings
from pages.admin import thresholds as admin_thresholds
from pages.admin import urgency as admin_urgency
from pages.admin import waits as admin_waits
from ui.shell import context, jobs

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
    admin_urgency.urgency()
elif part == "calendar":
    admin_calendar.calendar(here)
else:
    admin_health.health(here)
jobs.follow(running)
