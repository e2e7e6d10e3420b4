"""Phản ánh, kiến nghị: what came in, what was answered in time, what waits, how it was rated."""

from pages.feedback import forms as feedback_forms
from pages.feedback import screen as feedback
from ui.kit import record
from ui.kit import screen as kit
from ui.kit.panel import LIST
from ui.shell import context

screen = feedback.read(context.current())

feedback.heading(screen)
record.opened(screen, feedback_forms.FORMS)
feedback.opened(screen)
if screen.is_empty:
    feedback.nothing(screen)
else:
    kit.contents(screen, {feedback.TOTALS: "Tổng hợp", LIST: "Danh sách"})
    feedback.headline(screen)
    feedback.tables(screen)
    feedback.feedback_list(screen)
record.entry(screen, feedback_forms.FORMS, feedback_forms.FILES, screen.ask.moment)
kit.footer(screen.ask.moment, screen.sources)
