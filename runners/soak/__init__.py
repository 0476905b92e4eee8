"""Good and hostile traffic together, for minutes or an hour; then whether any good message noticed."""
