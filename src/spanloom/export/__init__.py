"""A training run as a bundle: PyTorch to ONNX, smaller, scored before and after. Needs the train extra."""
