"""Inspections and findings: their states, figures and review."""
