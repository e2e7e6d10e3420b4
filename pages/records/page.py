"""Dữ liệu: where the records come from, how fresh and sound they are; taking files in."""

import streamlit as st

from pages.records import batches, intake, quality, snapshots
from pages.records import screen as datascreen
from ui.kit import parts, workdays
from ui.shell import context, jobs

here = context.current()
datascreen.collect(jobs.finished())
found = batches.register()

st.title("Dữ liệu")
running = st.container()
behind = datascreen.notices(here, found)
part = datascreen.part()
if part == "sources":
    batches.sources(here, found)
    batches.batches(found)
elif part == "upload":
    intake.upload(found)
elif part == "quality":
    quality.overview(here)
elif part == "calendar":
    workdays.calendar(here)
else:
    snapshots.state(found, behind)
parts.footer(here)
jobs.follow(running)
