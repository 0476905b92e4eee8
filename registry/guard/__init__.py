"""Judges what foreign YANG costs, in processes of their own."""
