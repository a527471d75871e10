"""Where the face of a head is, and whether one is there to be seen: cut.cut_of, check.check_face; no files here."""
