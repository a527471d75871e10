"""What a process of ours may read of its environment and leave behind."""
