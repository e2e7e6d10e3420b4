"""Citizens' feedback: its limits, states, figures and review."""
