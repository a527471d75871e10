"""DICOM's own words and bytes: tags, UIDs, VRs and the encoding of elements. pydicom's constants where it has them."""
