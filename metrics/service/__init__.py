"""Service quality: Decision 766 and surveys."""
