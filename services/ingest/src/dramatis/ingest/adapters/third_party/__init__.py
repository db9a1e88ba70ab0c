"""Files of third parties, read and remembered."""
