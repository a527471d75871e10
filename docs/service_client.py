"""A whole client of the segmentation service in a hundred lines: a folder of pseudonymised files in, an RTSTRUCT out.

    python service_client.py URL TOKEN_FILE CA_FILE SERVICE_KEY FOLDER MODEL OUT.dcm

FOLDER holds files and manifest.json as `GET /autocontour/series/{id}/outgoing?format=zip` gives them. Needs requests
and cryptography, nothing of ours. Receipts are verified against SERVICE_KEY (64 hexadecimal digits) before OUT.dcm is
written.
"""

import hashlib
import json
import secrets
import sys
import time
from pathlib import Path

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAUSE_SECONDS = 0.5


def canonical(value):
    """Sorted keys, no white space, UTF-8: what is hashed and signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(kind, body, key):
    """A document of the service: what it says, its SHA-256, and an Ed25519 signature over the same bytes."""
    public = key.public_key().public_bytes_raw()
    body = {**body, "public_key": public.hex()}
    document = {"kind": kind, "body": body, "key": hashlib.sha256(public).hexdigest()[:16]}
    content = canonical(document)
    return {
        "document": document,
        "sha256": hashlib.sha256(content).hexdigest(),
        "signature": key.sign(content).hex(),
    }


def receipt(document, key, transfer, step):
    """The facts of a receipt, once its signature, transfer and step are what they should be."""
    key.verify(bytes.fromhex(document["signature"]), canonical(document["document"]))
    body = document["document"]["body"]
    if (document["document"]["kind"], body["transfer"], body["step"]) != ("autocontour receipt", transfer, step):
        raise ValueError(f"no receipt {step} of this transfer")
    return body["facts"]


class Service:
    """Requests to one service, again where it asks for patience."""

    def __init__(self, url, token, ca):
        self.url, self.ca, self.http = url.rstrip("/"), ca, requests.Session()
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.http.trust_env = False  # no proxy, password or authority that the environment names

    def call(self, method, path, **options):
        """One request; 429 and 503 are waited out, any other error ends it."""
        while True:
            answer = self.http.request(method, self.url + path, verify=self.ca, timeout=120, **options)
            if answer.status_code not in (429, 503):
                break
            time.sleep(float(answer.headers.get("Retry-After", 1)))
        if answer.status_code >= 400:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer


def main(url, token_file, ca_file, service_key, folder, model, out):
    """Announce, send, start, wait, fetch, and believe it only with all three receipts."""
    service = Service(url, Path(token_file).read_text().strip(), ca_file)
    manifest = json.loads((Path(folder) / "manifest.json").read_bytes())
    transfer = secrets.token_hex(16)
    body = {"transfer": transfer, "model": model, "count": len(manifest["files"]), "manifest": manifest}
    announcement = signed("autocontour transfer", body, Ed25519PrivateKey.generate())
    path = f"/v1/transfers/{transfer}"
    missing = set(service.call("POST", "/v1/transfers", json=announcement).json()["Missing"])
    for file in manifest["files"]:
        if file["sop_instance_uid"] in missing:
            data = (Path(folder) / file["name"]).read_bytes()
            where = f"{path}/instances/{file['sop_instance_uid']}"
            service.call("PUT", where, data=data, headers={"Content-Type": "application/dicom"})
    status = service.call("POST", f"{path}/start").json()
    while status["State"] in ("queued", "running"):
        time.sleep(PAUSE_SECONDS)
        status = service.call("GET", path).json()
    if status["State"] != "ready":
        raise SystemExit(f"the service did not draw: {status['Error']}")
    structures = service.call("GET", f"{path}/rtstruct").content
    receipts = service.call("DELETE", path).json()["Receipts"]
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(service_key))
    verified, processed, deleted = (
        receipt(one, key, transfer, step)
        for one, step in zip(receipts, ("VERIFIED", "PROCESSED", "DELETED"), strict=True)
    )
    if (verified["instances"], processed["result"], deleted["left"]) != (
        len(manifest["files"]),
        hashlib.sha256(structures).hexdigest(),
        0,
    ):
        raise SystemExit("the receipts are over something else")
    Path(out).write_bytes(structures)
    print(", ".join(f"{roi['Name']} {roi['Volume']:.0f} cm³" for roi in status["Rois"]))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (InvalidSignature, ValueError) as error:
        raise SystemExit(f"a receipt cannot be believed: {error}") from None
