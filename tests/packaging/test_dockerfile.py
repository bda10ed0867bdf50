"""Docker cannot run here, so the Dockerfile is read: the mistakes a linter would name, and that what it copies exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE_BY_DIST = ("dist/*.whl", "dist/jars/*.jar")


def instructions() -> list[tuple[str, str]]:
    """(INSTRUCTION, rest of its line), comments dropped and continued lines joined."""
    lines = [line for line in (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())]


def arguments(wanted: str) -> list[str]:
    return [rest for word, rest in instructions() if word == wanted]


def test_bases_are_pinned_to_an_exact_version() -> None:
    bases = [rest.split()[0] for rest in arguments("FROM")]
    assert bases == [base for base in bases if re.search(r":\d+\.\d+\.\d+", base)]


def test_nothing_is_added_from_the_network() -> None:
    assert arguments("ADD") == []
    assert not [rest for rest in arguments("RUN") if re.search(r"\b(curl|wget|git clone)\b", rest)]


def test_the_image_does_not_run_as_root() -> None:
    assert arguments("USER")[-1] == "flink"


def test_python_packages_are_installed_by_hash_or_not_from_the_network() -> None:
    installs = [part for rest in arguments("RUN") for part in rest.split("&&") if "pip install" in part]
    assert installs
    assert all("--require-hashes" in part or "--no-index" in part for part in installs)


def test_package_lists_are_deleted_in_the_layer_that_fetched_them() -> None:
    for rest in arguments("RUN"):
        if "apt-get update" in rest:
            assert "--no-install-recommends" in rest
            assert "rm -rf /var/lib/apt/lists/*" in rest


def test_what_is_copied_exists_and_is_let_into_the_build_context() -> None:
    allowed = {line[1:] for line in (ROOT / "docker/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    copies = [rest.split() for rest in arguments("COPY")]
    sources = {
        word for words in copies if not any(w.startswith("--from") for w in words) for word in words[:-1] if not word.startswith("--")
    }
    assert sources == allowed
    assert all((ROOT / source).is_file() for source in sources.difference(MADE_BY_DIST))


def test_flinks_version_is_the_locked_one() -> None:
    locked = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    version = re.search(r"^apache-flink==(\S+)", locked, re.MULTILINE)
    assert version is not None
    assert f"flink:{version[1]}-java17" in arguments("FROM")
    for manifest in (ROOT / "flink-conf" / "deployments").glob("*.yaml"):
        text = manifest.read_text(encoding="utf-8")
        assert "ConfigMap" in text or f"flink-python-{version[1]}.jar" in text, manifest.name
