"""The slides of the review meeting: one message a slide, its sentence as the title.

Which slides there are, and when one is left out:

- A subject whose register nobody has filled for the units in view says so on its slide.
- Indices are the whole province's: left out for one of its parts.
- Citizens' feedback has no register in this product: there is no slide of it.
- What this meeting decided is there as soon as something is noted.
"""

from __future__ import annotations

from reports.blocks import Report
from reports.deck import beginning, deciding, headline, late, standing
from reports.head import head
from reports.material import Material

__all__ = ["deck"]


def deck(material: Material) -> Report:
    """All slides of the view, in their usual order.

    Returns:
        a report of one section a slide; a section's ``key`` is what a meeting's order keeps.
    """
    label = material.period.label
    title = f"Điều hành {label[0].lower()}{label[1:]}"
    sections = (
        beginning.title(material, title),
        beginning.asked(material),
        headline.headline(material),
        headline.trend(material),
        deciding.units(material),
        late.overdue(material),
        late.steps(material),
        late.causes(material),
        late.due_soon(material),
        standing.tasks(material),
        standing.inspections(material),
        standing.targets(material),
        standing.indices(material),
        deciding.decisions(material),
        deciding.concluded(material),
    )
    shown = tuple(each for each in sections if each is not None)
    return Report("trinh-chieu", head(title, material), shown, landscape=True, slides=True)
