"""Other ways to run a model on this machine, as processes that take turns with the compiled program."""
