"""Loss, from the numbers that every message carries."""
