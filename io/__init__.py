"""Sources and sinks: one outside system per file."""
