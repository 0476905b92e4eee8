"""YANG: schema sets, the schema tree, validation and transcoding."""
