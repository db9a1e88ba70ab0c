"""The HTTP door of ingest: tracking calls, webhooks of ESPs, the pixel and the redirect.

Requests are turned into the same messages as at the gRPC door, and go the same way from there.
"""
