"""Use cases: take from ports, call domain, give to ports."""
