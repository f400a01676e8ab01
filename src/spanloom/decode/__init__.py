"""Arrays to answers, NumPy only: the same code for dev scores, prediction and exported bundles."""
