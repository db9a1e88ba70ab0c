"""The use cases of the simulator."""
