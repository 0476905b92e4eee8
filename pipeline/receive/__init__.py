"""`yangbeam receive`: sockets to the raw topic, without Beam."""
