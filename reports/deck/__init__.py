"""The slides of the review meeting: one message a slide, its sentence as the title.

Which slides there are, and when one is left out:

- A subject whose register nobody has filled for the units in view says so on its slide.
- A single unit in view has no slide of units: what asks for a decision is all its own.
- A period without dossiers has one slide that says so in place of those of dossiers.
- Indices are the whole province's: left out for one of its parts.
- Citizens' feedback has no slide of its own: what is past due stands on the slide of units.
- What this meeting decided is there as soon as something is noted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from reports.blocks import Paragraph, Report, Section
from reports.deck import beginning, deciding, headline, late, standing
from reports.head import head
from reports.material import Material, Meetings, Prepared

__all__ = ["ASKED", "CONCLUDED", "arranged", "deck", "in_order", "prepared", "with_meetings"]

ASKED: Final = "asked"
CONCLUDED: Final = "concluded"


def deck(material: Material) -> Report:
    """All slides of the view: as the meeting was prepared, else in their usual order.

    Returns:
        a report of one section a slide; a section's ``key`` is what a meeting's order keeps.
    """
    label = material.period.label
    title = f"Điều hành {label[0].lower()}{label[1:]}"
    dossiers = _of_dossiers if not material.review.series.is_empty() else _of_nothing
    sections = (
        beginning.title(material, title),
        *dossiers(material),
        standing.tasks(material),
        standing.inspections(material),
        standing.targets(material),
        standing.indices(material),
        deciding.decisions(material),
    )
    shown = tuple(each for each in sections if each is not None)
    report = Report("trinh-chieu", head(title, material), shown, landscape=True, slides=True)
    meetings = material.asked.meetings()
    return prepared(with_meetings(report, meetings, material.unit_names), meetings.slides)


def _of_dossiers(material: Material) -> tuple[Section | None, ...]:
    return (
        headline.headline(material),
        headline.trend(material),
        deciding.units(material),
        late.overdue(material),
        late.steps(material),
        late.causes(material),
        late.due_soon(material),
    )


def _of_nothing(material: Material) -> tuple[Section | None, ...]:
    return (headline.nothing(material),)


def with_meetings(report: Report, meetings: Meetings, names: Mapping[int, str]) -> Report:
    """The deck with what earlier meetings asked, second, and what this one decided, last.

    Apart, so that noting a decision computes no figure anew. ``names``: of units.
    """
    kept = [each for each in report.sections if each.key not in (ASKED, CONCLUDED)]
    kept.insert(1, beginning.asked(meetings.before, names))
    last = deciding.concluded(meetings.now, names)
    return replace(report, sections=(*kept, *([last] if last else [])))


def arranged(
    report: Report, order: Sequence[str], hidden: Sequence[str], words: Mapping[str, str]
) -> Report:
    """The deck as a meeting prepared it.

    Args:
        order: keys of slides; what is not named (a new one) comes after the one before it.
        hidden: keys of slides that are left out. words: key → the presenter's own.
    """
    shown = [each for each in in_order(report.sections, order) if each.key not in hidden]
    return replace(report, sections=tuple(_with_words(each, words.get(each.key)) for each in shown))


def prepared(report: Report, slides: Sequence[Prepared]) -> Report:
    """The deck as these slides were prepared (:func:`arranged`)."""
    return arranged(
        report,
        [each.slide for each in slides],
        [each.slide for each in slides if each.is_hidden],
        {each.slide: each.words for each in slides},
    )


def in_order(sections: Sequence[Section], order: Sequence[str]) -> list[Section]:
    """The slides as they were put in order; one that the order does not know follows its own."""
    place = {key: float(position) for position, key in enumerate(order)}
    last = -1.0
    for position, each in enumerate(sections):
        last = place.setdefault(each.key, last + (position + 1) / 1_000)
    return sorted(sections, key=lambda each: place[each.key])


def _with_words(section: Section, words: str | None) -> Section:
    return replace(section, blocks=(*section.blocks, Paragraph(words))) if words else section
