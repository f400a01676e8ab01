"""Models behind HTTP: callers of `predict/`, and nothing else. Needs the extra `serve`."""
