"""Debian's Chromium without a window, and Debian's nginx under a path of its own: what stands before Orthanc."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.builders.orthanc_process import free_port, until

BROWSER, DRIVER, NGINX = "/usr/bin/chromium", "/usr/bin/chromedriver", "/usr/sbin/nginx"
SWITCHES = (
    "--headless",
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def missing() -> list[str]:
    """Which of the programs are not installed."""
    return [program for program in (BROWSER, DRIVER, NGINX) if shutil.which(program) is None]


@contextmanager
def chromium(folder: Path, *switches: str) -> Iterator[Chrome]:
    """A browser with a fresh profile in ``folder``."""
    options = ChromeOptions()
    options.binary_location = BROWSER
    for switch in (*SWITCHES, f"--user-data-dir={folder}", *switches):
        options.add_argument(switch)
    browser = Chrome(options, Service(DRIVER))
    browser.set_page_load_timeout(120)
    browser.set_script_timeout(120)
    try:
        yield browser
    finally:
        browser.quit()


@contextmanager
def nginx(
    folder: Path, upstream: str, prefix: str = "/pacs/", *, pass_host: bool = False, maps: str = "", inside: str = ""
) -> Iterator[str]:
    """nginx with Orthanc under ``prefix``; gives that address. The Host is changed on its way, unless ``pass_host``."""
    port = free_port()
    folder.mkdir(parents=True)
    host = "proxy_set_header Host $http_host;" if pass_host else ""
    (folder / "nginx.conf").write_text(
        f"""
        daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; user root;
        events {{ worker_connections 64; }}
        http {{
          {maps} access_log off; client_max_body_size 20m;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
          uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
          server {{ listen 127.0.0.1:{port}; location {prefix} {{ {inside} proxy_pass {upstream}/; {host} }} }}
        }}
        """
    )
    process = subprocess.Popen([NGINX, "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"])
    try:
        until((folder / "pid").exists, "nginx is up")
        yield f"http://127.0.0.1:{port}{prefix.rstrip('/')}"
    finally:
        process.terminate()
        process.wait(15)


@contextmanager
def site_elsewhere(page: str) -> Iterator[str]:
    """A page of somebody else's, served on a port of its own; gives its address."""

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
