"""The networks of encoders, as far as two or more share them. Torch."""
