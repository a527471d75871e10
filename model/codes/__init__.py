"""Every error code: what it means, whether trying again can help, and the way out; listing.CHAPTERS is the list."""
