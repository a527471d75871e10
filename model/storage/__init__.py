"""What the disk is asked for by both ends: whole, durable files; folders held; deletions seen; files with a number."""
