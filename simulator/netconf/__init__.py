"""The other side of a router: what it answers to NETCONF, over SSH on loopback."""
