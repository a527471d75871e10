"""Networks of nnU-Net and TotalSegmentator: engine.NnUnet."""
