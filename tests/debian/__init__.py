"""The main job in the Orthanc of each Debian: ``make test-debian``."""
