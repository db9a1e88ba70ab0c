"""The command `dramatis`."""
