"""Proof that contours stay where they are without the face: report makes it, table.FaceProofs keeps it."""
