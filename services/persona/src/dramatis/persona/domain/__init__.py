"""The mathematics and the rules; pure."""
