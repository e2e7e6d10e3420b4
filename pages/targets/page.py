"""Chỉ tiêu, cam kết: whether what was promised will be met, and by what arithmetic."""

from pages.targets import budgets
from pages.targets import forms as target_forms
from pages.targets import screen as targets
from ui.kit import forms, record
from ui.kit import screen as kit
from ui.kit.panel import panel
from ui.shell import context

here = context.current()
screen = targets.read(here)

targets.heading(screen)
record.opened(screen, target_forms.FORMS)
target = targets.open_target(screen)
if target is not None:
    with panel(screen, "target", f"{target.row['code']}. {target.row['name']}"):
        targets.about(screen, target)
        budgets.of_target(screen, target)
        targets.signatures(screen, target)
        targets.history(target)
        forms.mend(here, "target", target.row["target_id"], target_forms.FORMS[0])
if screen.is_empty:
    targets.nothing(screen)
else:
    targets.headline(screen)
    budgets.budgets(screen)
    targets.target_list(screen)
    targets.tables(screen)
record.entry(screen, target_forms.FORMS, target_forms.FILES, here.ask.moment)
kit.footer(here.ask.moment, screen.sources)
