"""The kit: what screens are put together from."""
