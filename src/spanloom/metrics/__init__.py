"""How well predictions agree with gold. NumPy only."""
