"""Quản trị: who may come in and do what, what was done, and how the installation is set."""

import streamlit as st

from ui import admin, admin_accounts, admin_audit, admin_roles, admin_sessions, frame

here = frame.current()

st.title("Quản trị")
part = admin.part()
admin.told()
if part == "accounts":
    admin_accounts.accounts(here)
elif part == "sessions":
    admin_sessions.sessions(here)
elif part == "roles":
    admin_roles.roles(here)
else:
    admin_audit.trail(here)
