"""Rows to padded batches: which rows go together, and how ragged arrays become rectangular. NumPy only."""
