"""What stands on a card, or on a button, is as long as its words: nothing is cut or lies over."""

from __future__ import annotations

import re
from pathlib import Path

CSS = (Path(__file__).parents[3] / "ui" / "shell" / "theme.css").read_text("utf-8")


def test_a_long_state_on_a_card_of_home_stood_over_its_neighbour() -> None:
    rule = re.search(r'\[class\*="st-key-card_"\] \.dh-state \{([^}]*)\}', CSS)
    assert rule is not None
    assert "white-space: normal" in rule[1]
    # It says otherwise of states elsewhere, and has to come after that.
    assert rule.start() > CSS.index(".dh-state {")


def test_a_rule_that_is_offered_was_cut_on_a_phone() -> None:
    rule = re.search(r'\[class\*="st-key-offer_"\] button :is\(p[^{]*\{([^}]*)\}', CSS)
    assert rule is not None
    assert "white-space: normal" in rule[1]
