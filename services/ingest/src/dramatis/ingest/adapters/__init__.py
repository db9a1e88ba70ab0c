"""What ingest needs of the world, on real technology and in memory."""
