"""gRPC, SQLite and the event log around the use cases."""
