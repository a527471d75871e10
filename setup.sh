#!/usr/bin/env bash
# Sets up what `make demo`, `make run` and `make test` need on Debian 12, 13 and sid and on Ubuntu 24.04 or newer, and does
# nothing twice. On another system it installs nothing by the package manager, and says what is needed.
#
#   ./setup.sh run     Orthanc with its Python plugin, and .venv with the gateway
#   ./setup.sh test    the same, and what the tests use: orthanc-dicomweb, dcmtk, dicom3tools, plastimatch, postgresql, orthanc-postgresql, haproxy, chromium, nginx, promtool, pytest, ruff, mypy, codespell
#   ./setup.sh look    changes nothing: what the first would install, and which interpreter it would take
#
# PYTHON=PATH                         the interpreter of a new .venv, 3.11 to 3.14; else the first that works and that Orthanc's user can execute
# ORTHANC_USER=NAME                   the user that Orthanc runs as (default: orthanc, as Debian has it)
# TORCH=cpu (default) | cuda | none   which build of torch goes into .venv; the embedded model hu-ct needs none
# TORCH_INDEX=URL                     an index with torch's CPU builds, when the one that pip uses has none
# WHEELS=DIR                          a folder of wheels, for a machine without internet
# OS_RELEASE=FILE                     what tells the system (default: /etc/os-release), for tests of this script
set -euo pipefail
cd "$(dirname "$0")"
what=${1:-run}
torch=${TORCH:-cpu}
pinned=$(sed -n 's/^torch==//p' requirements.lock)
user=${ORTHANC_USER:-orthanc}

case $what in run | test | look) ;; *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac

say() { printf 'setup: %s\n' "$*" >&2; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# --- the system ---------------------------------------------------------------------------------------------------

os_release() { sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" "${OS_RELEASE:-/etc/os-release}" 2>/dev/null | head -n 1; }
distribution=$(os_release ID)
release=$(os_release VERSION_ID)   # Debian's testing and sid have none
is_known() {
    case $distribution in
        debian) [ "${release:-99}" -ge 12 ] ;;
        ubuntu) [ "${release%%.*}" -ge 24 ] ;;
        *) return 1 ;;
    esac
}

is_installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }

packages() {
    local missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$what" != look ] || { say "would install ${missing[*]}"; return 0; }
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
    [ $status = 0 ] || { tail -n 20 .setup.log >&2; say "these packages could not be installed: ${missing[*]}"; exit 1; }
    rm -f .setup.log
}

# Of Debian's package prometheus (19 MB, 96 MB with a server that nobody runs here) the one program that checks rules.
fetch_promtool() {
    local to=$PWD/.cache/tools folder
    [ ! -x "$to/promtool" ] && ! command -v promtool >/dev/null || return 0
    folder=$(mktemp -d)
    if (cd "$folder" && apt-get download -qq prometheus >/dev/null 2>&1 && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool); then
        mkdir -p "$to"
        mv "$folder/usr/bin/promtool" "$to/promtool"
    else
        say "no promtool (of the package prometheus) was found: the tests of the alert rules are skipped"
    fi
    rm -rf "$folder"
}

# --- the interpreter ----------------------------------------------------------------------------------------------

suitable="Python 3.11 to 3.14 with the modules venv and ensurepip, and from 3.12 on with SQLite 3.42 or newer"
can_be_user() { id -u "$user" >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }
as_user() { as_root runuser -u "$user" -- "$@"; }
version_of() { "$1" -I -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }
file_of() { "$1" -I -c 'import os, sys; print(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))' 2>/dev/null; }
# From 3.12 on DBOS writes its SQLite tables with a function that SQLite has had since 3.42, which an own build may lack.
is_supported() {
    "$1" -I -c 'import sqlite3, sys
version = sys.version_info[:2]
sys.exit(not ((3, 11) <= version <= (3, 14) and (version == (3, 11) or sqlite3.sqlite_version_info >= (3, 42))))' 2>/dev/null
}
makes_environments() { is_supported "$1" && "$1" -I -c 'import venv, ensurepip' 2>/dev/null; }
serves_user() { ! can_be_user || as_user "$1" -I -c '' 2>/dev/null; }

# What keeps Orthanc's user from a program: the first folder on the way that it may not enter, or the file.
closed_to_user() {
    local path part so_far parts
    for path in "$1" "$(file_of "$1")"; do
        so_far=''
        IFS=/ read -ra parts <<<"${path#/}"
        for part in "${parts[@]}"; do
            so_far=$so_far/$part
            as_user test -e "$so_far" || { printf '%s' "${so_far%/*}"; return; }
        done
        as_user test -x "$path" || break
    done
    printf '%s' "$path"
}

# One file per line: the distribution's own, then those on PATH.
interpreters() {
    local name found
    for found in /usr/bin/python3 $(for name in python3.11 python3.12 python3.13 python3.14 python3; do type -aP "$name" || true; done); do
        [ ! -x "$found" ] || file_of "$found" || true
    done | awk '!seen[$0]++'
}

choose() {
    local found list
    mapfile -t list < <(interpreters)
    for found in "${list[@]}"; do
        if makes_environments "$found" && { [ "$1" = anybody ] || serves_user "$found"; }; then
            printf '%s' "$found"
            return
        fi
    done
}

given() {
    local file
    file=$(command -v "$PYTHON" || true)
    [ -n "$file" ] || { say "PYTHON: $PYTHON is not there, or is no program"; exit 2; }
    makes_environments "$file" || { say "PYTHON: $file ($(version_of "$file" || echo "does not start")) is not $suitable"; exit 2; }
    serves_user "$file" || say "PYTHON: $file cannot be executed by $user ($(closed_to_user "$file") is closed to it): Orthanc must run as another user"
    printf '%s' "$file"
}

has_headers() { "$1" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'; }

tell_of_user() {
    local program=$PWD/.venv/bin/python
    ! serves_user "$program" || return 0
    say "$user cannot execute $program, which is $(file_of "$program"): $(closed_to_user "$program") is closed to it."
    say "An Orthanc that runs as $user, as a service does, needs this folder and its interpreter where $user can reach them:"
    say "move the folder (to /opt), or remove .venv and run this again; PYTHON=PATH names an interpreter."
}

# --- what is needed -----------------------------------------------------------------------------------------------

system=$(os_release PRETTY_NAME)
! is_known || packages orthanc orthanc-python   # first: they bring Orthanc's user
if [ -x .venv/bin/python ] && is_supported .venv/bin/python; then
    python=$PWD/.venv/bin/python
elif [ -n "${PYTHON:-}" ]; then
    python=$(given)
else
    python=$(choose user)
    if [ -z "$python" ] && is_known; then
        packages python3 python3-venv
        python=$(choose user)
    fi
    [ -n "$python" ] || python=$(choose anybody)
fi
wanted_python="$suitable (looked at: $(interpreters | tr '\n' ' ')); PYTHON=PATH names one"

if is_known; then
    [ -n "$python" ] || [ "$what" = look ] || { say "not found: $wanted_python"; exit 1; }
    command -v cc >/dev/null || packages gcc libc6-dev
    { [ -n "$python" ] && has_headers "$python"; } || packages python3-dev
    if [ "$what" = test ]; then
        packages orthanc-dicomweb dcmtk dicom3tools plastimatch poppler-utils libnss3-tools rsyslog rsyslog-openssl openssl xxd postgresql nginx-light \
            orthanc-postgresql haproxy
        # Ubuntu's chromium is no package but a snap: the tests of the page in a browser are skipped there.
        [ "$distribution" != debian ] || packages chromium chromium-driver
        [ "$what" = look ] || fetch_promtool
    fi
else
    lacking=()
    command -v Orthanc >/dev/null || lacking+=("Orthanc 1.10.1 or newer, as the program Orthanc on PATH, with its Python plugin (orthanc-python)")
    [ -n "$python" ] || lacking+=("$wanted_python")
    say "${system:-this system} is not one that this script knows (Debian 12 or newer, Ubuntu 24.04 or newer): it installs no system packages here."
    if [ ${#lacking[@]} -gt 0 ]; then
        say "Nothing was changed. Install by hand, then run this again:"
        for one in "${lacking[@]}"; do say "  - $one"; done
        say "  - and, for contours drawn at full speed: a C compiler and Python's headers"
        exit 1
    fi
    say "going on with $(command -v Orthanc) and $python"
fi

[ "$what" != look ] || { say "would take ${python:-the python3 that is to be installed} ${python:+($(version_of "$python"))}"; exit 0; }

# --- .venv --------------------------------------------------------------------------------------------------------

extras=
[ "$what" = run ] || extras="[test]"
# One stamp per kind of set-up, with the digest of what it was made from.
wanted=$(cat pyproject.toml requirements.lock setup.sh model/contours/c/* model/engines/network/c/* 2>/dev/null | sha256sum | cut -c1-16)-$torch
stamp=.venv/.setup-$what
[ "$what" != run ] || [ ! -e .venv/.setup-test ] || stamp=.venv/.setup-test
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    if [ ! -x .venv/bin/python ] || ! is_supported .venv/bin/python; then
        # Its interpreter may be gone, as after an upgrade of the distribution.
        [ ! -e .venv ] || { say "making .venv anew: its interpreter does not work any more"; rm -rf .venv; }
        say "making .venv with $python ($(version_of "$python"))"
        "$python" -m venv .venv
    fi
    find=()
    [ -z "${WHEELS:-}" ] || find=(--no-index --find-links "$WHEELS")
    say "installing Python packages (a few minutes the first time)"
    .venv/bin/pip install -q "${find[@]}" setuptools==80.9.0 wheel==0.45.1
    .venv/bin/pip install -q "${find[@]}" --no-build-isolation -c requirements.lock -e ".$extras"
    # What it asks for has no wheel for the newest Python, and building that takes Cython and a C++ compiler.
    .venv/bin/pip install -q "${find[@]}" --only-binary :all: -c requirements.lock highdicom 2>/dev/null ||
        say "no build of highdicom for Python $(version_of .venv/bin/python) was found: DICOM SEG beside the RTSTRUCT is off"
    case $torch in
        cpu)
            .venv/bin/python -c 'import torch' 2>/dev/null ||
                .venv/bin/pip install -q "${find[@]}" ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} "torch==$pinned+cpu" 2>/dev/null ||
                say "no CPU build of torch $pinned was found: network models are off (README, \"torch\", says how)" ;;
        cuda) .venv/bin/pip install -q "${find[@]}" "torch==$pinned" ;;
        none) ;;
        *) say "TORCH is cpu, cuda or none"; exit 2 ;;
    esac
    # Alone: of what it asks for beside numpy, the one package reports to Google Analytics (it is shut out if it is there).
    .venv/bin/pip install -q "${find[@]}" --no-deps --only-binary :all: -c requirements.lock openvino 2>/dev/null ||
        say "no build of OpenVINO for Python $(version_of .venv/bin/python) was found: torch computes network models on the CPU"
    # The extras monai and deepbet under test: without what they ask for beside torch, so that torch stays as it is, and
    # without deepbet's window (customtkinter), which is not used.
    if [ "$what" = test ] && .venv/bin/python -c 'import torch' 2>/dev/null; then
        .venv/bin/pip install -q "${find[@]}" --no-deps -c requirements.lock monai deepbet fill-voids fastremap pandas
    fi
    tell_of_user
    echo "$wanted" >"$stamp"
fi
# What the page is built with, for the tests that build it again; the hospital's machine needs none of it.
if [ "$what" = test ]; then
    plugin/gateway/page/npm.sh tools || say "the tools of the page could not be installed: the tests that build it are skipped"
fi
