"""Compiles the Java functions against the very Flink in a virtual environment and packs them into one jar.

    .venv/bin/python udfs/java/build.py --connectors .rekindle/jars/flink --out .rekindle/jars/flink/rekindle-flink-udfs.jar

Plain javac, no Maven: the class path is PyFlink's own `lib/`, so the jar fits the Flink it runs on (2.2 or 2.3) and nothing is
fetched. The same sources give the same bytes; the jar remembers what it was built from and is left alone when that is unchanged.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

MAIN = Path(__file__).resolve().parent / "src" / "main"
RELEASE = "17"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold
# Named, not "all": a newer JDK knows more kinds, and -Werror would break there. Without classfile and path: Flink's jars name
# annotations and siblings that are not in them.
LINT = (
    "-Xlint:cast,dep-ann,deprecation,divzero,empty,fallthrough,finally,overloads,overrides,"
    "rawtypes,removal,static,synchronization,text-blocks,try,unchecked,varargs"
)


class BuildError(Exception):
    """javac is missing or refused the sources; the message says which."""


def main(argv: list[str] | None = None) -> int:
    """0 when the jar is there and current, 3 when it could not be built."""
    parser = argparse.ArgumentParser(description="Build rekindle-flink-udfs.jar.")
    parser.add_argument("--out", type=Path, required=True, help="the jar to write")
    parser.add_argument("--connectors", type=Path, required=True, help="folder with flink-sql-connector-kafka-*.jar")
    parser.add_argument("--javac", default="javac", help="the compiler of a JDK 17 [javac on PATH]")
    parser.add_argument("--main", type=Path, default=MAIN, help="folder with java/ and resources/")
    parsed = parser.parse_args(argv)
    try:
        state = build(parsed.main, parsed.out, parsed.connectors, parsed.javac)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    if state == "built":
        print(f"setup: built {parsed.out}", file=sys.stderr)
    return 0


def build(sources: Path, out: Path, connectors: Path, javac: str) -> str:
    """Bring `out` up to date and say what was done: `current` or `built`. Raises BuildError."""
    java = sorted((sources / "java").rglob("*.java"))
    if not java:
        raise BuildError(f"no Java sources below {sources / 'java'}")
    jars = [*sorted((_pyflink() / "lib").glob("*.jar")), *sorted(connectors.glob("flink-sql-connector-kafka-*.jar"))]
    origin = _digest(sources, jars)
    if out.exists() and _origin_of(out) == origin:
        return "current"
    with tempfile.TemporaryDirectory() as scratch:
        classes = Path(scratch)
        _compile(java, jars, classes, javac)
        resources = sources / "resources"
        if resources.is_dir():
            shutil.copytree(resources, classes, dirs_exist_ok=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = out.with_suffix(".fresh")
        _pack(classes, fresh, origin)
        fresh.replace(out)  # a running cluster keeps the file it has open
    return "built"


def _pyflink() -> Path:
    spec = find_spec("pyflink")
    if spec is None or spec.origin is None:
        raise BuildError("apache-flink is not installed for this Python: run 'make setup'")
    return Path(spec.origin).parent


def _compile(java: list[Path], jars: Iterable[Path], classes: Path, javac: str) -> None:
    class_path = ":".join(str(jar) for jar in jars)
    options = ["--release", RELEASE, "-encoding", "UTF-8", "-proc:none", "-parameters", LINT, "-Werror", "-cp", class_path]
    try:
        done = subprocess.run([javac, *options, "-d", str(classes), *map(str, java)], capture_output=True, text=True, check=False)
    except OSError as error:
        raise BuildError(f"{javac} cannot be started ({error.strerror}): install a JDK {RELEASE}, not only a JRE") from None
    if done.returncode:
        raise BuildError(f"javac refused the sources\n{done.stderr.rstrip()}")


def _pack(classes: Path, jar: Path, origin: str) -> None:
    # Not the jar command: before JDK 19 it stamps every entry with the present time.
    with zipfile.ZipFile(jar, "w") as archive:
        for name, content in _entries(classes, origin):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def _entries(classes: Path, origin: str) -> Iterator[tuple[str, bytes]]:
    manifest = f"Manifest-Version: 1.0\r\nRekindle-Origin: {origin}\r\n\r\n"
    yield "META-INF/MANIFEST.MF", manifest.encode()  # readers expect it first
    for path in sorted(classes.rglob("*")):
        if path.is_file():
            yield path.relative_to(classes).as_posix(), path.read_bytes()


def _digest(sources: Path, jars: Iterable[Path]) -> str:
    """What the jar's bytes depend on: this script, the sources, the Flink compiled against. 32 hex digits."""
    digest = hashlib.sha256(f"{version('apache-flink')}\n{RELEASE}\n".encode())
    digest.update(Path(__file__).read_bytes())
    for jar in jars:
        digest.update(jar.name.encode())
    for path in sorted(path for path in sources.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(sources).as_posix()}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:32]


def _origin_of(jar: Path) -> str | None:
    try:
        with zipfile.ZipFile(jar) as archive:
            manifest = archive.read("META-INF/MANIFEST.MF").decode()
    except (OSError, KeyError, zipfile.BadZipFile):
        return None
    marked = [line.removeprefix("Rekindle-Origin: ") for line in manifest.splitlines() if line.startswith("Rekindle-Origin: ")]
    return marked[0] if marked else None


if __name__ == "__main__":
    sys.exit(main())
