"""What the reader of the telemetry topic decides: replays, offsets, and what a record holds."""
