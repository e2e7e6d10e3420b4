"""What an installation is set to, where each value comes from, and what is wrong with it."""
