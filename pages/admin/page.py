"""Quản trị: who may come in and do what, what was done, and how the installation is set."""

import streamlit as st

from pages.admin import accounts as admin_accounts
from pages.admin import audit as admin_audit
from pages.admin import calendar as admin_calendar
from pages.admin import health as admin_health
from pages.admin import personal as admin_personal
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

screen = admin.read(here)
admin.heading(screen)
running = st.container()
part = admin.part(screen)
if part == "accounts":
    admin_accounts.accounts(screen)
elif part == "sessions":
    admin_sessions.sessions(screen)
    admin_waits.waits()
elif part == "roles":
    admin_roles.roles()
elif part == "audit":
    admin_audit.trail(screen)
elif part == "personal":
    admin_personal.personal()
elif part == "thresholds":
    admin_thresholds.thresholds(screen)
    admin_urgency.urgency()
elif part == "calendar":
    admin_calendar.calendar(screen)
else:
    admin_health.health()
jobs.follow(running)
