"""What the disk is asked for, in one place for both ends: files that are whole and durable, deletions that are seen."""
