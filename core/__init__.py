"""What yangbeam decides: pure functions and values, without Beam, sockets, files or clocks."""
