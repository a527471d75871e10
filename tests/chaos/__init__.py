"""Three real gateways on one PostgreSQL and one Orthanc, faults while they work, and what is counted afterwards."""
