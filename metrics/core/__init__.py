"""What every figure is made of: the question, the clock, conditions, measuring, words."""
