"""What an operator may set: one file per table of the TOML file, and what is said of a mistake."""
