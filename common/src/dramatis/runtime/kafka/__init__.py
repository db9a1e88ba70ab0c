"""The parts of the event log on Kafka; `kafka_log` puts them together."""
