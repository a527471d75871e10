"""DICOM segmentation objects: write.segmentation."""
