"""Tasks: their states, figures and review."""
