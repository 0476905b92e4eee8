"""Apache Kafka: the topics that are read and written."""
