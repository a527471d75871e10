"""From Orthanc's change log to jobs: loop follows it, intake decides on each series."""
