"""Đối chiếu: why one place says one number and another place another."""
