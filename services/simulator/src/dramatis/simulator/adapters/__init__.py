"""The outside world of the simulator: gRPC, the event log, SQLite."""
