"""Texts in, answers out: a model opened, from a bundle or a run, and the stages from a text to its answer."""
