"""The section "AutoContour" of orthanc.json, validated: settings.read_settings."""
