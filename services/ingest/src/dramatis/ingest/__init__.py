"""What happened, and may we know it? Admission of events, consents and campaigns."""
