"""Admitted events and features as Parquet, a folder for each day, for the warehouse."""
