"""Audit to the hospital's own systems: DICOM PS3.15 audit messages over syslog."""
