"""What all sessions share: the installation's settings and its database."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import Engine

from connectors.database.session import open_database
from connectors.database.watch import watch
from connectors.settings import Settings, load_settings


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The installation's settings, read once."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def database() -> Engine:
    """The dossier database, one pool for all sessions."""
    return watch(open_database(settings().database_url))


def cookie_name() -> str:
    """The session cookie's name. Under HTTPS its prefix makes browsers insist on Secure."""
    return settings().cookie_name


def uses_identity_provider() -> bool:
    """Whether people sign in at an identity provider (OpenID Connect) instead of the form."""
    return settings().sign_in == "oidc"
