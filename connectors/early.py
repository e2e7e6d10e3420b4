"""Which dossiers are recorded to have ended before they were received."""

from __future__ import annotations

from datetime import time

import polars as pl


def ended_before_received(frame: pl.DataFrame, zone: str) -> pl.Series:
    """Whether ``ended_at`` lies before ``received_at``, both in UTC; false where one is unknown.

    An end that names only a day (00:00 in that zone), the day of the receipt, does not say so:
    nobody knows its hour.
    """
    early = (frame["ended_at"] < frame["received_at"]).fill_null(value=False)
    places = early.arg_true()
    # Few are: only these are looked at in local time.
    ended, received = (
        frame[name].gather(places).dt.convert_time_zone(zone)
        for name in ("ended_at", "received_at")
    )
    only_day = (ended.dt.time() == time(0)) & (ended.dt.date() == received.dt.date())
    return early.scatter(places.filter(only_day), values=False)
