"""Networks of one file, one volume in and one map of labels out: what TorchScript, ONNX and MONAI share."""
