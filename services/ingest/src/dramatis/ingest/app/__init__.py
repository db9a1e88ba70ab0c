"""The use cases: take from ports, ask the domain, give to ports."""
