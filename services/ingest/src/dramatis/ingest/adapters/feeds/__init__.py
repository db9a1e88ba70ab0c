"""Connectors that pull: each speaks one protocol, all hand their items to the same use case."""
