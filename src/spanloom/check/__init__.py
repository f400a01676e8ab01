"""Is the gold well formed, and what can each scheme not express."""
