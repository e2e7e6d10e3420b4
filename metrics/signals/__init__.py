"""Chance and change: control charts, funnel, intervals, and what may be said of them."""
