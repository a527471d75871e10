"""Targets elsewhere: the segmentation service over HTTP, another Orthanc over DICOM."""
