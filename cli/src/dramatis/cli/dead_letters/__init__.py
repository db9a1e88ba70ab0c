"""Dead letters, for people: which there are, what is in them, and sending them once more."""
