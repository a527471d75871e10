"""Networks as ONNX graphs: engine.Onnx."""
