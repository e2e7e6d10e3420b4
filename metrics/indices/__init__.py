"""Provincial indices: series, ranks, and lines that ask for a decision."""
