"""Networks and losses, one part a file; parts take plain arguments, tasks put them together."""
