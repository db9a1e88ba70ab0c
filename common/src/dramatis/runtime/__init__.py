"""What every service stands on: server, health, identity, settings, event log, stores."""
