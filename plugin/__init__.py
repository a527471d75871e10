"""What lives at Orthanc: the hooks inside it (orthanc_plugin.py) and the gateway process beside it."""
