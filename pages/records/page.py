"""Dữ liệu: where the records come from, how fresh and sound they are; taking files in."""

import streamlit as st

from pages.records import (
    batches,
    closing,
    events,
    fetching,
    intake,
    own,
    quality,
    schedules,
    sending,
    snapshots,
    taking,
    units,
)
from pages.records import screen as records
from ui.kit import parts, withdrawn, workdays
from ui.shell import context, jobs

here = context.current()
finished = jobs.finished()
taking.collect(finished)
snapshots.collect(finished)
screen = records.read(here)

records.heading(screen)
snapshots.notice(screen)
own.notice()
running = st.container()
part = records.part(screen)
if part == "sources":
    batches.open_batch(screen)
    schedules.open_schedule(screen)
    batches.sources(screen)
    fetching.fetches(screen)
    schedules.schedules(screen)
    sending.sendings(screen)
    batches.batches(screen)
elif part == "upload":
    intake.upload(screen)
elif part == "quality":
    quality.open_check(screen)
    quality.overview(screen)
    withdrawn.dossiers()
elif part == "units":
    units.units(screen)
elif part == "closing":
    closing.open_closing(screen)
    closing.periods(screen)
elif part == events.PART:
    events.events(screen)
elif part == "calendar":
    workdays.calendar(here)
else:
    snapshots.state(screen)
parts.footer(here)
jobs.follow(running)
