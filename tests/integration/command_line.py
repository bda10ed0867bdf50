"""The command line, again and again in one process: its JVM starts once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from jobs.settings import process_environment

_DRIVER = """
import json, sys
from click.testing import CliRunner
from rekindle.cli.main import rekindle
answers = sys.stdout
for line in sys.stdin:
    done = CliRunner().invoke(rekindle, json.loads(line))
    print(json.dumps([done.exit_code, done.stdout, done.stderr]), file=answers, flush=True)
"""


class Answer(NamedTuple):
    code: int
    stdout: str
    stderr: str


CommandLine = Callable[..., Answer]
"""Words behind `rekindle` → what it answers."""


@contextmanager
def command_line() -> Iterator[CommandLine]:
    """`rekindle`, until the block ends."""
    command = [sys.executable, "-c", _DRIVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=process_environment()) as driver:

        def type_in(*words: str) -> Answer:
            assert driver.stdin is not None
            assert driver.stdout is not None
            print(json.dumps(words), file=driver.stdin, flush=True)
            return Answer(*json.loads(driver.stdout.readline()))

        yield type_in
