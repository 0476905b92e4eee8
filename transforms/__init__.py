"""PTransforms: one core decision each, lifted into Beam."""
