"""Text to tokens, and what models see of them."""
