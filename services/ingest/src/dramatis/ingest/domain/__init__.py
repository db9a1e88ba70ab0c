"""The rules of admission: pure."""
