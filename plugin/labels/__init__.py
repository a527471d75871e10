"""Studies are labelled in Orthanc by what became of their jobs: keeper.LabelKeeper keeps it true."""
