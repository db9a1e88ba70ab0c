"""Where the optimizer meets SQLite, the event log, gRPC and time."""
