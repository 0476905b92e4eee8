"""YANG modules written by this project, for drafts that no package ships."""
