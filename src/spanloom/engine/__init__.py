"""Training, scoring and saving for any task: the engine knows the `Task` contract and not one task."""
