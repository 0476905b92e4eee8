"""What is done to an instance that its schema refuses: habits are spelt as RFC 7951 has them, nodes set aside."""
