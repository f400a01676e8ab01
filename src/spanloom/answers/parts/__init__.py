"""What several answer types share, and the contract that each fills."""
