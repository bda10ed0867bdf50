#!/usr/bin/env bash
# Says everything that set-up needs and this machine lacks, in one go, with the remedy. Silent when nothing is missing.
#   PYTHON, JAVAC, MVN: the commands `make setup` will use
set -uo pipefail

lacking=0
lack() {
  printf 'missing: %s\n' "$1" >&2
  printf '  = %s\n' "${@:2}" >&2
  lacking=1
}

python=${PYTHON:-python3.11}
if ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
  lack "Python 3.11 (tried '$python')" "Debian, Ubuntu: apt install python3.11 python3.11-venv; anywhere: pyenv install 3.11" \
    "elsewhere on this machine? make setup PYTHON=/path/to/python3.11"
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  lack "Python's venv module" "Debian, Ubuntu: apt install python3.11-venv"
fi

# What runs Kafka, Flink and Maven is JAVA_HOME's java, else the one on PATH; all three must agree.
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
javac=${JAVAC:-${JAVA_HOME:+$JAVA_HOME/bin/}javac}
jdk="Debian, Ubuntu: apt install openjdk-17-jdk-headless; anywhere: unpack a JDK 17 and export JAVA_HOME=/path/to/it"
release=$("$java" -version 2>&1 | sed -nE '1s/.* version "([0-9]+).*/\1/p')
if [[ -z $release ]]; then
  lack "Java 17 (tried '$java')" "$jdk"
elif ((release < 17 || release > 21)); then
  lack "Java 17 (up to 21 will do): '$java' is Java $release" "$jdk"
fi
release=$("$javac" -version 2>&1 | sed -nE '1s/^javac ([0-9]+).*/\1/p')
if [[ -z $release ]]; then
  lack "JDK 17's compiler (tried '$javac')" "$jdk" "a JRE is not enough"
elif ((release < 17)); then
  lack "JDK 17's compiler: '$javac' is of JDK $release" "$jdk"
fi

mvn=${MVN:-mvn}
command -v "$mvn" >/dev/null || lack "Maven 3 (tried '$mvn')" "Debian, Ubuntu: apt install maven"

# crcmod, which Apache Beam asks for, exists as source only; without a compiler it falls back to slow Python, which is fine.
exit $((lacking ? 2 : 0))
