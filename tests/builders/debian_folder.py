"""A configuration folder as Debian's packages leave it in /etc/orthanc, with folders and ports of the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from plugin.commands.orthanc_json import without_comments

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
