#!/usr/bin/env bash
# Copies the jars of pom.xml to FOLDER/flink and FOLDER/kafka and accepts them only with the checksums of jars.sha256.
#   connectors/fetch_jars.sh FOLDER      fetch, compare, put in place
#   connectors/fetch_jars.sh -u FOLDER   write jars.sha256 anew from what was fetched (after a change of pom.xml; read the diff)
set -euo pipefail

update=false
if [[ ${1:-} == -u ]]; then
  update=true
  shift
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:?usage: fetch_jars.sh [-u] FOLDER}"
jars=$(cd "$1" && pwd)
sums=$here/jars.sha256
fresh=$jars/.fresh
trap 'rm -rf "$fresh"' EXIT

fail() {
  printf 'error: %s\n' "$1" >&2
  printf '  = %s\n' "${@:2}" >&2
  exit 3
}

rm -rf "$fresh"
mvn -q -B -Dstyle.color=never -f "$here/pom.xml" -Djars="$fresh" package </dev/null >"$jars/maven.log" 2>&1 || {
  tail -n 20 "$jars/maven.log" >&2
  fail "Maven could not fetch the jars of connectors/pom.xml" "is the network up, and does ~/.m2/settings.xml name a mirror that works? then run 'make setup' again"
}

cd "$fresh"
if $update; then
  find flink kafka -name '*.jar' | LC_ALL=C sort | xargs sha256sum >"$sums"
fi
wrong=$(sha256sum --check --quiet --strict "$sums" 2>&1) || fail \
  "jars are not the ones this version was tested with:"$'\n'"$(sed 's/^/      /' <<<"$wrong")" \
  "delete the named files from ~/.m2/repository and run 'make setup' again" \
  "still there? then what was downloaded was changed on the way: do not use it"
unlisted=$(comm -13 <(awk '{ print $2 }' "$sums" | LC_ALL=C sort) <(find flink kafka -name '*.jar' | LC_ALL=C sort))
[[ -z $unlisted ]] || fail "jars without a checksum in connectors/jars.sha256: ${unlisted//$'\n'/, }" \
  "pom.xml and jars.sha256 belong together: run 'connectors/fetch_jars.sh -u .rekindle/jars' and read the diff"

# flink/ also holds the jar built from udfs/java: replace only what came from Maven.
mkdir -p "$jars/flink"
rm -rf "$jars/kafka" "$jars"/flink/flink-sql-connector-*.jar
mv kafka "$jars/kafka"
mv flink/*.jar "$jars/flink/"
