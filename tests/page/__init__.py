"""The page, in Chromium, from a real Orthanc."""
