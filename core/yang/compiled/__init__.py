"""A judge of RFC 7951 JSON compiled from the schema tree: it accepts only what libyang surely accepts, but fast."""
