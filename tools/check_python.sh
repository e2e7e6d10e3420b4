#!/usr/bin/env bash
# Is there a Python that can make the virtual environment? Installs Debian's as root, else says what to do.
set -euo pipefail
python=${1:-}

usable() {
    [ -n "$1" ] && "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

usable "$python" && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends python3 python3-venv >/dev/null
    usable "${python:-python3}" && exit 0
fi
cat >&2 <<'END'
Cần Python 3.11 trở lên, có mô-đun venv. / Python 3.11 or newer with venv is needed.
    Debian, Ubuntu:  sudo apt-get install python3 python3-venv
    hoặc chỉ rõ / or name it:  make run PYTHON=/path/to/python3.11
END
exit 1
