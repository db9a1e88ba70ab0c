"""Files of any size into the services: events and recipients, by a mapping of their columns."""
