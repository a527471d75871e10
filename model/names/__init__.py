"""Labels of models to ROI names, codes and colours: naming.entries_for."""
