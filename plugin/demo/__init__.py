"""``make demo``: Orthanc with the plugin, a real CT sent to it, and what comes back."""
