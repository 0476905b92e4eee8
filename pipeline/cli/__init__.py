"""The command line: one file per command, and how all of them speak."""
