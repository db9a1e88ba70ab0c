"""The rules and the mathematics of the simulator: pure."""
