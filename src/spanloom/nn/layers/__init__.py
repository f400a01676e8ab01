"""From tokens to vectors."""
