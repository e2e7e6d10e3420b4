"""Tìm: a dossier, a unit, a procedure, a task, a finding, a target, a figure, a screen by name."""

from pages.search import screen as search
from ui.kit import parts
from ui.shell import context

here = context.current()

search.heading(here)
search.results(here, search.asked())
parts.footer(here)
