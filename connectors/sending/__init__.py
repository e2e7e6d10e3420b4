"""Reports that go out by themselves: when, to whom, how each delivery went."""
