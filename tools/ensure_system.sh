#!/usr/bin/env bash
# What the whole test suite needs beside Python packages: a PostgreSQL server's programs, Chromium, nginx.
# As root on Debian the missing ones are installed; otherwise it says exactly what to install, and fails.
#     tools/ensure_system.sh PYTHON [office]    (PYTHON: the one of the virtual environment)
# "office": also LibreOffice, with which `make proof` converts documents; nothing else needs it.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-.venv/bin/python}
office=${2:-}

missing() {
    "$python" -c 'import sys; from tests.postgres_server import server_binaries; sys.exit(server_binaries() is None)' ||
        echo postgresql
    "$python" -c 'import sys; from tests.e2e.chromium import find; sys.exit(find() is None)' ||
        echo chromium
    PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || echo nginx
    [ "$office" != office ] || command -v soffice >/dev/null ||
        echo libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui fonts-liberation poppler-utils
}

packages=$(missing)
[ -z "$packages" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian packages:" $packages
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 (a list of names)
    apt-get install -y -qq --no-install-recommends $packages >/dev/null
    packages=$(missing)
    [ -z "$packages" ] && exit 0
fi

{
    echo "The tests need what is not on this machine:" $packages
    echo "    Debian, Ubuntu:  sudo apt-get install" $packages
    case "$packages" in *chromium*) echo "    a browser without root:  $python -m playwright install chromium" ;; esac
    case "$packages" in *postgresql*) echo "    elsewhere: any PostgreSQL 14 or newer whose initdb is on the PATH" ;; esac
    echo "Without them:  make test-fast"
} >&2
exit 1
