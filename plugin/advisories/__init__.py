"""Published flaws of what we stand on (Orthanc, its plugins, DCMTK), compared with what is installed here."""
