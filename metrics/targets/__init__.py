"""Targets and commitments: evidence, judging, review."""
