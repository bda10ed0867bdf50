"""Application-mode entry point: `python main.py --job gate --settings FILE`. Same options as `python -m jobs.submission`."""

from __future__ import annotations

import sys

from jobs import submission
from jobs.errors import RekindleError


def main() -> int:
    """0 when the job was submitted; else the error's own code, said in a line or two in the JobManager's log."""
    try:
        return submission.main(sys.argv[1:])
    except RekindleError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":  # Flink's Python workers import this module too
    sys.exit(main())
