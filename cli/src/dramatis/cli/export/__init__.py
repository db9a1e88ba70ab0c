"""Admitted events as Parquet, a folder for each day, for the warehouse."""
