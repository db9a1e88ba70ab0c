"""What connectors make of what the world says: items in, signals out."""
