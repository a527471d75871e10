"""Codes that stand as the status of a delivery, where no node gave one of its own."""

from __future__ import annotations

from model.codes.row import Again, Chapter, Row

DELIVERIES = Chapter(
    "Deliveries",
    "deliveries",
    (
        Row(
            ("DELIVERY_UNREACHABLE", "DELIVERY_NO_ANSWER"),
            Again.ITSELF,
            means="the destination cannot be connected to, or did not answer: what may have arrived is asked for first",
            way_out="the destination, the network, host and port in Orthanc's configuration; `TimeoutSeconds`",
        ),
        Row(
            ("DELIVERY_UNKNOWN",),
            Again.ITSELF,
            means="Orthanc has no modality, peer or DICOMweb server of this name",
            way_out="`DicomModalities`, `OrthancPeers`, `Servers` of `DicomWeb`",
        ),
        Row(
            ("DELIVERY_NO_PLUGIN",),
            Again.ITSELF,
            means="Orthanc has no DICOMweb plugin, or with another `Root` than `/dicom-web/`",
            way_out="install Debian's `orthanc-dicomweb`, name it under `Plugins`, restart Orthanc",
        ),
        Row(
            ("DELIVERY_STOW",),
            Again.ITSELF,
            means="the DICOMweb server cannot be reached, or refused an object: the plugin does not say which, or why",
            way_out="Orthanc's log at that time, the server's log",
        ),
        Row(
            ("DELIVERY_DENIED",),
            Again.ITSELF,
            means="the DICOMweb server did not accept Orthanc's credentials",
            way_out="`Username`, `Password` or `HttpHeaders` of the server under `DicomWeb`",
        ),
        Row(
            ("DELIVERY_SENDING",),
            Again.ITSELF,
            means="a job of Orthanc's is still sending it, from before the gateway was restarted",
            way_out="nothing to do; `GET /jobs?expand` of Orthanc shows the job",
        ),
        Row(
            ("DELIVERY_FOLDER",),
            Again.ITSELF,
            means="the folder is not there, is full, or takes no file",
            way_out="is the share mounted, may Orthanc's user create files in it?",
        ),
        Row(
            ("DELIVERY_NO_CONTEXT",),
            Again.REPEAT,
            means="the node takes no objects of this kind, or not in a transfer syntax that Orthanc can send",
            way_out="its operator; then `POST …/jobs/ID/deliver`",
        ),
        Row(
            ("DELIVERY_NOT_FOUND",),
            Again.ITSELF,
            means="the node took it, and does not have it when it is asked; sent again with growing pauses",
            way_out="its operator: where does it put what it takes? Is it another system that is to be asked?",
        ),
        Row(
            ("DELIVERY_NO_PROOF", "DELIVERY_NO_REPORT"),
            Again.NO,
            means="the node took it, and can neither commit to it nor be queried; or it never sent the report",
            way_out=(
                'the node has to know Orthanc (its AE title, host and port); or `Proof` `"find"` or `"none"` '
                "([delivery](delivery.md#proof))"
            ),
        ),
        Row(
            ("DELIVERY_NO_ROI",),
            Again.REPEAT,
            means="no ROI with contours is left after `Rois` and `Profile` of the destination: nothing is sent",
            way_out="`Rois` of the destination ([delivery](delivery.md#profiles)); then `POST …/jobs/ID/deliver`",
        ),
        Row(
            ("DELIVERY_DEADLINE",),
            Again.REPEAT,
            means="nothing was known of its arrival when its `Hours` had passed",
            way_out="`POST …/jobs/ID/deliver`",
        ),
        Row(
            ("DELIVERY_SUPERSEDED", "DELIVERY_GONE"),
            Again.NO,
            means="a newer result came before this one was sent; its RTSTRUCT or an image is not in Orthanc any more",
            way_out="the job of the newer content",
        ),
        Row(
            ("DELIVERY_OBJECTION",),
            Again.NO,
            means="the patient objected before it was sent: nothing of this series is sent any more",
            way_out="an objection that is taken back (`subjects/withdraw`); then `POST …/jobs/ID/deliver`",
        ),
        Row(
            ("DELIVERY_HELD",),
            Again.REPEAT,
            means="an older RTSTRUCT of the series was sent there before, and the destination says `Replace` false",
            way_out="tell whoever plans; then `POST …/jobs/ID/deliver`",
        ),
    ),
)
