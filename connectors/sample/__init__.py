"""Sample data: Hà Nội over 24 months, made up but plausible, the same for the same arguments."""

from connectors.sample.load import SampleRefused, load, make

__all__ = ["SampleRefused", "load", "make"]
