#!/bin/sh
# PostgreSQL of Debian's package with two databases, each with a role of its own: one for Orthanc's index, one for the
# gateways. Made once, with the passwords that lie in /run/autocontour; afterwards this only starts the server.
set -eu
data=/var/lib/postgresql/data/main
bin=/usr/lib/postgresql/15/bin
secrets=/run/autocontour
if [ ! -s "$data/PG_VERSION" ]; then
    fresh="$data.new"
    rm -rf "$fresh"
    "$bin/initdb" -D "$fresh" -A scram-sha-256 --pwfile="$secrets/postgres" -E UTF8 --locale=C.UTF-8 --data-checksums >/dev/null
    echo "host all all all scram-sha-256" >> "$fresh/pg_hba.conf"
    # Reached through a socket of this container alone, while there are no roles yet.
    "$bin/pg_ctl" -D "$fresh" -o "-c listen_addresses= -c unix_socket_directories=/tmp" -w start >/dev/null
    for name in orthanc autocontour; do
        PGPASSWORD=$(cat "$secrets/postgres") "$bin/psql" -q -h /tmp -d postgres -v ON_ERROR_STOP=1 \
            -v name="$name" -v password="$(cat "$secrets/database-$name")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
    done
    "$bin/pg_ctl" -D "$fresh" -w stop >/dev/null
    mv "$fresh" "$data"
fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=200
