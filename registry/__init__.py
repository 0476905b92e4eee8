"""The YANG schema registry."""
