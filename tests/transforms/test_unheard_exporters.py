"""What an exporter costs that was never heard before, in all that is kept of it, stage by stage."""
