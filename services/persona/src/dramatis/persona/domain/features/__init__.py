"""What recipients do, kept as numbers that are always fresh."""
