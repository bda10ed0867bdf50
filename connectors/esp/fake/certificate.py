"""A certificate nobody vouches for."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory


def self_signed(host: str = "localhost") -> ssl.SSLContext:
    """What a server with a fresh self-signed certificate needs. Raises CalledProcessError or FileNotFoundError of `openssl`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        key, certificate = Path(folder) / "key.pem", Path(folder) / "certificate.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        subprocess.run(
            [*command, "-subj", f"/CN={host}", "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True, timeout=30
        )
        context.load_cert_chain(certificate, key)
    return context
