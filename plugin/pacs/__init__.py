"""Orthanc over its REST API: client.Orthanc, and what a series in it is now."""
