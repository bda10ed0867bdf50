#!/usr/bin/env bash
# Writes requirements/*.txt anew from requirements/*.in. What is locked stays as it is where it still fits;
#   tools/lock.sh --upgrade              takes the newest of everything
#   tools/lock.sh --upgrade-package X    takes the newest X
# Nothing of this machine (indexes, folders of wheels, paths) gets into the files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../requirements"
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL

lock=../.venv-lock
[[ -x $lock/bin/pip-compile ]] || { "${PYTHON:-python3.11}" -m venv "$lock" && "$lock/bin/pip" install --quiet pip-tools==7.6.2; }
compile() {
  "$lock/bin/pip-compile" --quiet --generate-hashes --allow-unsafe --strip-extras --annotation-style=line --no-header \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host "$@"
}

compile "$@" build.in -o build.txt
compile "$@" runtime.in -o runtime.txt
compile "$@" dev.in -o dev.txt

# Flink 2.3: the same environment but for Flink itself.
cp runtime.txt flink23.txt
sed 's/==2\.2\.1/==2.3.0/' runtime.in | compile - -o flink23.txt
sed -i 's/# via -r -$/# via -r runtime.in/' flink23.txt
