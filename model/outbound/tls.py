"""TLS to a server, with authorities that the configuration or the system names, and none that an environment names."""

from __future__ import annotations

import ssl
from pathlib import Path


def client_tls(ca_file: str | None) -> ssl.SSLContext:
    """Make a context that trusts the authorities of a PEM file, or the system's own; raises OSError.

    ``ssl.create_default_context`` would read SSL_CERT_FILE, and write the keys of each connection to SSLKEYLOGFILE.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
        return context
    # Those that begin with openssl_ are of the build; the others follow the environment.
    built_in = ssl.get_default_verify_paths()
    if Path(built_in.openssl_cafile).is_file():
        context.load_verify_locations(cafile=built_in.openssl_cafile)
    if Path(built_in.openssl_capath).is_dir():
        context.load_verify_locations(capath=built_in.openssl_capath)
    return context
