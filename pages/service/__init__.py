"""Chất lượng phục vụ."""
