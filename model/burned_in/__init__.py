"""Text that was drawn into the pixels: looked for by both ends, without reading a word of it."""
