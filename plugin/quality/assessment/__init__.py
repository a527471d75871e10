"""What a person decided on each ROI of a result, as a document: assessed.assessment_of, as DICOM SR or as FHIR."""
