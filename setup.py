"""Which packages are shipped. All other metadata is in pyproject.toml."""

from setuptools import find_packages, setup

SHIPPED = ["rekindle*", "jobs*", "udfs*", "connectors*", "sql*"]

setup(
    # Flink's configuration lies outside the packages in the sources, and inside `rekindle` once installed.
    packages=[*find_packages(include=SHIPPED), "rekindle.flink_conf"],
    package_dir={"rekindle.flink_conf": "flink-conf"},
)
