"""Tables derived from YANG."""
