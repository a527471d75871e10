"""The table of jobs: store.JobStore."""
