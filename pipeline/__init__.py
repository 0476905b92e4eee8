"""Configuration in, graph out, and the command line."""
