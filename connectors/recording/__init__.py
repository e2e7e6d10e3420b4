"""What people record of late dossiers: written apologies, new dates, causes of delay."""

from connectors.recording.fit import LONGEST, Letter, counted_on
from connectors.recording.write import (
    MOST,
    Done,
    Recorded,
    apologise,
    give_cause,
    mend,
    records,
    withdraw,
)

__all__ = [
    "LONGEST",
    "MOST",
    "Done",
    "Letter",
    "Recorded",
    "apologise",
    "counted_on",
    "give_cause",
    "mend",
    "records",
    "withdraw",
]
