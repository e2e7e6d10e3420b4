"""What all sessions share: the installation's settings and its database."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import streamlit as st
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.audit.keep import keeping
from connectors.database import pulse
from connectors.database.pulse import follow
from connectors.database.session import open_database
from connectors.database.watch import watch
from connectors.fetch.schedule import fetching
from connectors.maintenance import under_maintenance
from connectors.origins import which_database
from connectors.personal import retention
from connectors.settings import Settings, load_settings
from connectors.version import version
from reports.alerts.turn import alerting
from reports.timer import sending

_log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The installation's settings, read once."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def database() -> Engine:
    """The dossier database, one pool for all sessions."""
    patience = settings().patience_of_pages
    engine = watch(open_database(settings().database_url, patience, creates=False))
    return follow(engine, patience)


def lost_since() -> datetime | None:
    """Since when the database does not answer, in the installation's zone; None while it does."""
    since = pulse.lost_since(database())
    return None if since is None else since.astimezone(settings().zone)


def maintenance() -> str | None:
    """What everybody is told while nothing may be written; None: there is no maintenance, or the
    database does not answer, which is told anyway."""
    try:
        found = under_maintenance(database())
    except SQLAlchemyError:
        return None
    return None if found is None else found.sentence(settings().zone)


def note(log: logging.Logger, text: str) -> None:
    """For an ``except`` block: log that the database did not answer, with the error's place.

    Not while it is lost: that stands in the log once, and not with every click of everybody.
    """
    if pulse.lost_since(database()) is None:
        log.exception(text)


def cookie_name() -> str:
    """The session cookie's name. Under HTTPS its prefix makes browsers insist on Secure."""
    return settings().cookie_name


def uses_identity_provider() -> bool:
    """Whether people sign in at an identity provider (OpenID Connect) instead of the form."""
    return settings().sign_in == "oidc"


@asynccontextmanager
async def running(_app: Any) -> AsyncIterator[None]:
    """What is looked at when the server starts, and what goes on for as long as it runs: one's own
    mappings; the audit, whose marks are set; what was kept long enough; the sources that are
    fetched by themselves; the reports that go out by themselves; the alerts."""
    from connectors import mappings

    _log.info("release %s starts", version())
    told = which_database(settings())
    if told is not None:
        _log.info("no settings file has said it: %s", told)
    mappings.warn(settings().mappings_dir)
    gc.freeze()  # what has been loaded stays: no search for garbage looks at it again
    with (
        keeping(settings, database, (retention.turn,)),
        fetching(settings, database),
        sending(settings, database),
        alerting(settings, database),
    ):
        yield
