"""Answers and examples to files."""
