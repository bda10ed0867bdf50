"""The gate: the one place that decides. Everything here but `job.py` and `operator.py` is pure: no Flink, no clock, no settings file."""
