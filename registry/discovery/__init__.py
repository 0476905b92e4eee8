"""What nodes tell of their YANG: asked once, kept on disk, and made into schemas."""
