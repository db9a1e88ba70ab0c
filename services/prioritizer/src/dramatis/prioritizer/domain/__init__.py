"""How it decides: pure, on arrays of recipients x campaigns."""
