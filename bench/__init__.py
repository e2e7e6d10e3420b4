"""Speed, measured beside what one would use instead: ``python -m bench``."""

LATER = "later"
"""The folder of the file that tells some dossiers again."""
