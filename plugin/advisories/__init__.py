"""Published flaws of Orthanc, its plugins and DCMTK, compared with what is installed here."""
