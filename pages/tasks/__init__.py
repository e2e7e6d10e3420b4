"""Nhiệm vụ."""
