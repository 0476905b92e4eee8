"""What is seen of a run: status, report, metrics, and where messages were lost."""
