"""Deletion of every copy of a job, and of what earlier jobs left: erase and sweep."""
