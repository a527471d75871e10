#!/usr/bin/env bash
# Builds the Debian package from a wheel of this project and the lock: a virtual environment under /opt/orthanc-autocontour.
#
#   packaging/deb/build.sh WHEEL FOLDER     prints the package's path
#
# PYTHON=PATH   the system's own python3 (default: /usr/bin/python3); the package fits systems with the same minor version
# WHEELS=DIR    a folder of wheels, for a machine without internet
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
wheel=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
python=${PYTHON:-/usr/bin/python3}
home=/opt/orthanc-autocontour
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/root
environment=$root$home

say() { printf 'deb: %s\n' "$*" >&2; }
"$python" -I -c 'import venv, ensurepip' 2>/dev/null || { say "$python lacks the module venv: apt-get install python3-venv"; exit 1; }
minor=$("$python" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])')
next=$("$python" -I -c 'import sys; print("%d.%d" % (sys.version_info[0], sys.version_info[1] + 1))')
case $wheel in
    *-cp"${minor/./}"-*) ;;
    *) say "$(basename "$wheel") is not for Python $minor, which $python is: make the wheel with that one"; exit 1 ;;
esac
version=$(basename "$wheel" | cut -d- -f2)-1

say "installing into $home"
mkdir -p "$(dirname "$environment")"
"$python" -m venv "$environment"
find=()
[ -z "${WHEELS:-}" ] || find=(--no-index --find-links "$WHEELS")
pip=("$environment/bin/pip" install -q --no-compile "${find[@]}" -c "$checkout/requirements.lock")
"${pip[@]}" "$wheel"
# What highdicom asks for has no wheel for the newest Python; g++ builds it.
"${pip[@]}" "$wheel[seg]" 2>/dev/null ||
    say "no build of highdicom for Python $minor was found (g++ and python3-dev would make one): DICOM SEG beside the RTSTRUCT is off"

# It is to run from $home: nothing may name the folder that it was made in, nor where the wheel lay.
code=$environment/lib/python$minor/site-packages
rm -f "$code"/orthanc_autocontour-*.dist-info/direct_url.json
sed -i '/direct_url.json/d' "$code"/orthanc_autocontour-*.dist-info/RECORD
find "$environment" -name __pycache__ -type d -prune -exec rm -rf {} +
grep -rlI "$environment" "$environment" | xargs -r sed -i "s|$environment|$home|g"
"$environment/bin/python" -W ignore -m compileall -q -s "$root" -p / "$code" >/dev/null || true   # some files of others do not compile
# What PythonScript names, the same for each version of Python.
ln -s "lib/python$minor/site-packages/plugin" "$environment/plugin"

install -D -m 0644 "$here/autocontour.json.disabled" "$root/etc/orthanc/autocontour.json.disabled"
install -D -m 0644 "$here/orthanc.conf" "$root/usr/lib/systemd/system/orthanc.service.d/50-autocontour.conf"
install -d "$root/usr/bin" "$root/usr/share/doc/orthanc-autocontour"
ln -s "$home/bin/autocontour" "$root/usr/bin/autocontour"
for file in README.md CHANGELOG.md docs/install.md docs/operations.md requirements.lock; do
    install -m 0644 "$checkout/$file" "$root/usr/share/doc/orthanc-autocontour/"
done
install -m 0644 "$checkout/LICENSE" "$root/usr/share/doc/orthanc-autocontour/copyright"

mkdir "$root/DEBIAN"
chmod -R u=rwX,go=rX "$root"
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
echo /etc/orthanc/autocontour.json.disabled >"$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 0755 "$here/$script" "$root/DEBIAN/$script"; done
libc=$(dpkg-query -W -f='${Version}' libc6 | cut -d- -f1)
architecture=$(dpkg --print-architecture)
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@LIBC@/$libc/; s/@PYTHON@/$minor/; s/@NEXT_PYTHON@/$next/" \
    -e "s/@SIZE@/$(du -sk "$root" | cut -f1)/" "$here/control" >"$root/DEBIAN/control"

package=$out/orthanc-autocontour_${version}_$architecture.deb
say "packing"
dpkg-deb --root-owner-group -Zzstd -z6 --build "$root" "$package" >/dev/null
echo "$package"
