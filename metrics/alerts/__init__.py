"""Alerts: rules on figures that somebody keeps, and what of them holds now."""
