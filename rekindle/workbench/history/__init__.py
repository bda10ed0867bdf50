"""The suite's jobs over files instead of Kafka: the same SQL, the same gate, event time only. Same input, same bytes out."""
