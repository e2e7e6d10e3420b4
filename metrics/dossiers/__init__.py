"""Figures of dossiers: the catalogue, lists, units, attention, procedures, quality."""
