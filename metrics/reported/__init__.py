"""What units report themselves: statements, sums, figures."""
