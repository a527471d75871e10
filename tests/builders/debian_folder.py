"""A configuration folder as Debian's packages leave it in /etc/orthanc, with folders and ports of the test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin.commands.orthanc_json import without_comments
from tests.builders.orthanc_process import CHECKOUT, START_SECONDS, OrthancProcess, until

# The same keys in the same files as Debian 12, comments of both kinds among them.
FILES = {
    "orthanc.json": """/**
 * The main file of the folder.
 **/
{
  // How this Orthanc calls itself
  "Name" : "Orthanc",
  "StorageDirectory" : "LIB/db-v6",
  "IndexDirectory" : "LIB/db-v6",
  "StorageCompression" : false,
  "MaximumStorageSize" : 0,
  "LuaScripts" : [
    // nothing yet
  ],
  "Plugins" : [
    "/usr/share/orthanc/plugins/"
  ],
  "ConcurrentJobs" : 2,
  "HttpServerEnabled" : true,
  "OrthancExplorerEnabled" : true,
  "HttpPort" : 8042,
  "HttpDescribeErrors" : true,
  "HttpCompressionEnabled" : true,
  "DicomServerEnabled" : true,
  "DicomAet" : "ORTHANC",
  "DicomCheckCalledAet" : false,
  "DicomPort" : 4242,
  "DefaultEncoding" : "Latin1",
  "UnknownSopClassAccepted" : false,
  /* who may come in */
  "RemoteAccessAllowed" : false,
  "SslEnabled" : false,
  "SslCertificate" : "certificate.pem",
  "SslMinimumProtocolVersion" : 4,
  "SslVerifyPeers" : false,
  "SslTrustedClientCertificates" : "trustedClientCertificates.pem",
  "DicomModalities" : {
    // "name" : [ "AET", "host", 104 ]
  },
  "OrthancPeers" : { },
  "HttpProxy" : "",
  "HttpTimeout" : 60,
  "HttpsVerifyPeers" : true,
  "HttpsCACertificates" : "/etc/ssl/certs/ca-certificates.crt",
  "StableAge" : 60,
  "StoreMD5ForAttachments" : true,
  "HttpThreadsCount" : 50,
  "Dictionary" : { },
  "JobsHistorySize" : 10,
  "OverwriteInstances" : false,
  "DeidentifyLogsDicomVersion" : "2021b"
}
""",
    "python.json": """/* From the package of the Python plugin. */
{
  "PythonScript" : "ETC/sample.py",
  "PythonVerbose" : false
}
""",
    "credentials.json": """{
  "RegisteredUsers" : {
    // name and password
  }
}
""",
    "dicomweb.json": """{
  "DicomWeb" : { "Enable" : true, "Root" : "/dicom-web/", "EnableWado" : true, "WadoRoot" : "/wado", "Ssl" : false }
}
""",
    "gdcm.json": """{
  "Gdcm" : {
    "Enable" : true,
    /* "RestrictTransferSyntaxes" : [ ], */
    "Throttling" : 4
  }
}
""",
    "postgresql.json": """{
  "PostgreSQL" : { "EnableIndex" : false, "EnableStorage" : false, "Host" : "localhost", "Port" : 5432, "Lock" : true }
}
""",
    "worklists.json": """{
  // off, as installed
  "Worklists" : { "Enable": false, "Database": "LIB/worklists" }
}
""",
    "serve-folders.json": """{
  "ServeFolders" : {
    // "/url" : "/folder"
  }
}
""",
}
SAMPLE = 'import orthanc\n\northanc.LogWarning("the sample of the package runs")\n'


def lay(base: Path, **keys: Any) -> Path:
    """Lay the folder below ``base``; ``keys`` go over those of its orthanc.json. Returns the folder."""
    etc, lib = base / "etc", base / "lib"
    etc.mkdir(parents=True)
    lib.mkdir()
    for name, text in FILES.items():
        (etc / name).write_text(text.replace("ETC", str(etc)).replace("LIB", str(lib)))
    (etc / "sample.py").write_text(SAMPLE)
    change(etc / "orthanc.json", **keys)
    return etc


def change(path: Path, **keys: Any) -> None:
    """Write keys into one file of the folder; the others in it stay."""
    path.write_text(json.dumps(json.loads(without_comments(path.read_text())) | keys, indent=2))


@dataclass
class InstalledOrthanc(OrthancProcess):
    """Orthanc as Debian's unit starts it, on a folder, perhaps as its own user."""

    user: str | None = None

    @property
    def etc(self) -> Path:
        return self.directory / "etc"

    def install(self, section: Mapping[str, Any]) -> Path:
        """Lay the folder with what the README says; returns it."""
        lay(self.directory, HttpPort=self.http_port, DicomPort=self.dicom_port, AuthenticationEnabled=False)
        change(self.etc / "python.json", PythonScript=str(CHECKOUT / "plugin" / "orthanc_plugin.py"))
        (self.etc / "autocontour.json").write_text(json.dumps({"AutoContour": dict(section)}))
        return self.etc

    @property
    def state(self) -> Path:
        return self.directory / "lib" / "db-v6" / "autocontour"

    def start(self, *, wait_for_gateway: bool = True) -> InstalledOrthanc:
        self.launch()
        until(self._answers, "Orthanc answers", START_SECONDS)
        if wait_for_gateway:
            self.wait_for_gateway()
        return self

    def launch(self) -> None:
        """Start it, and wait for nothing: it may be about to refuse."""
        if self.user is not None:
            shutil.chown(self.directory / "lib", self.user, self.user)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["Orthanc", str(self.etc)],
                stdout=log,
                stderr=log,
                cwd="/",
                env=os.environ | dict(self.environment),
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
