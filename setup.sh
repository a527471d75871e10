#!/usr/bin/env bash
# Sets up what `make demo`, `make run` and `make test` need on Debian 12, and does nothing twice.
#
#   ./setup.sh run     Orthanc with its Python plugin, and .venv with the gateway
#   ./setup.sh test    the same, and what the tests use: dcmtk, dicom3tools, plastimatch, postgresql, chromium, nginx, pytest, ruff, mypy, codespell
#
# TORCH=cpu (default) | cuda | none   which build of torch goes into .venv; the embedded model hu-ct needs none
# TORCH_INDEX=URL                     an index with torch's CPU builds, when the one that pip uses has none
# WHEELS=DIR                          a folder of wheels, for a machine without internet
set -euo pipefail
cd "$(dirname "$0")"
what=${1:-run}
torch=${TORCH:-cpu}
pinned=$(sed -n 's/^torch = \["torch==\([^"]*\)"\].*/\1/p' pyproject.toml)

say() { printf 'setup: %s\n' "$*" >&2; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

debian() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    # Debian starts Orthanc as a service when it installs it; here it is started by hand, on the ports it is given.
    local blocked=no
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
        as_root chmod +x /usr/sbin/policy-rc.d
        blocked=yes
    fi
    local status=0
    as_root apt-get update -qq >&2 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >.setup.log 2>&1 || status=$?
    [ $blocked = no ] || as_root rm -f /usr/sbin/policy-rc.d
    [ $status = 0 ] || { tail -n 20 .setup.log >&2; say "the Debian packages could not be installed"; exit 1; }
    rm -f .setup.log
}

python=$(command -v python3.11 || true)
if [ -z "$python" ] || ! "$python" -c 'import ensurepip' 2>/dev/null; then
    debian python3 python3-venv
    python=/usr/bin/python3.11
fi
command -v cc >/dev/null || debian gcc libc6-dev
"$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' || debian python3-dev
debian orthanc orthanc-python
[ "$what" = run ] || debian dcmtk dicom3tools plastimatch poppler-utils libnss3-tools rsyslog rsyslog-openssl openssl xxd postgresql chromium chromium-driver nginx-light

extras="[seg]"
[ "$what" = run ] || extras="[test,seg]"
# One stamp per kind of set-up, with the digest of what it was made from.
wanted=$(cat pyproject.toml requirements.lock setup.sh model/contours/c/* 2>/dev/null | sha256sum | cut -c1-16)-$torch
stamp=.venv/.setup-$what
[ "$what" != run ] || [ ! -e .venv/.setup-test ] || stamp=.venv/.setup-test
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    [ -x .venv/bin/python ] || { say "making .venv"; "$python" -m venv .venv; }
    find=()
    [ -z "${WHEELS:-}" ] || find=(--no-index --find-links "$WHEELS")
    say "installing Python packages (a few minutes the first time)"
    .venv/bin/pip install -q "${find[@]}" setuptools==80.9.0 wheel==0.45.1
    .venv/bin/pip install -q "${find[@]}" --no-build-isolation -c requirements.lock -e ".$extras"
    case $torch in
        cpu)
            .venv/bin/python -c 'import torch' 2>/dev/null ||
                .venv/bin/pip install -q "${find[@]}" ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} "torch==$pinned+cpu" 2>/dev/null ||
                say "no CPU build of torch $pinned was found: network models are off (README, \"torch\", says how)" ;;
        cuda) .venv/bin/pip install -q "${find[@]}" "torch==$pinned" ;;
        none) ;;
        *) say "TORCH is cpu, cuda or none"; exit 2 ;;
    esac
    # The extras monai and deepbet under test: without what they ask for beside torch, so that torch stays as it is, and
    # without deepbet's window (customtkinter), which is not used.
    if [ "$what" = test ] && .venv/bin/python -c 'import torch' 2>/dev/null; then
        .venv/bin/pip install -q "${find[@]}" --no-deps -c requirements.lock monai deepbet fill-voids fastremap pandas
    fi
    echo "$wanted" >"$stamp"
fi
