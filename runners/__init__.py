"""How a graph is launched."""
