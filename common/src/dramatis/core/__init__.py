"""Types and arithmetic that two or more services need; no I/O."""
