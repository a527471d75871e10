"""Real CT and MR images that registry packages carry, as valid DICOM series of made-up patients."""

from model.samples.build import demo_series, reference, series
from model.samples.catalogue import SAMPLES, Sample

__all__ = ["SAMPLES", "Sample", "demo_series", "reference", "series"]
