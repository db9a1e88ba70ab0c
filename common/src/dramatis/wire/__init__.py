"""Core types as protobuf messages, and back."""
