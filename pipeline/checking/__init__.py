"""What `yangbeam check --connect` finds out beyond the file: a table of checks, each one job, all bounded in time."""
