"""What more than one benchmark needs and that is none itself."""
