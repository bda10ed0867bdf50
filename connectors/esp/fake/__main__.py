"""`python -m connectors.esp.fake --port P --ledger FILE`: runs the fake platform until it is told to stop."""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from connectors.esp.fake.app import build_app
from connectors.esp.fake.certificate import self_signed
from connectors.esp.fake.ledger import Ledger


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 stopped, 3 could not run."""
    parser = argparse.ArgumentParser(prog="python -m connectors.esp.fake", description="A fake e-mail platform with a ledger.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ledger", type=Path, required=True, help="SQLite file; made if missing, added to if there")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--tls", choices=["self-signed"], help="serve https with a certificate nobody vouches for (made by openssl)")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than the clock tokens and remembered keys grow old")
    given = parser.parse_args(arguments)
    try:
        ledger = Ledger(given.ledger)
    except sqlite3.Error as error:
        return _refuse(f"--ledger {given.ledger}: {error}")
    try:
        web.run_app(
            build_app(ledger, speed=given.speed),
            ssl_context=self_signed() if given.tls else None,
            host=given.host,
            port=given.port,
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=1,
            print=_say,
        )
    except subprocess.CalledProcessError:
        return _refuse("--tls self-signed: openssl could not make a certificate")
    except (OSError, OverflowError) as error:
        return _refuse(f"--port {given.port}: {error.strerror if isinstance(error, OSError) else error}")
    finally:
        ledger.close()
    return 0


def _refuse(text: str) -> int:
    _say(text)
    return 3


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
