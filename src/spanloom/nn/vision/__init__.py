"""Networks that see: pictures [B, 3, H, W] to maps [B, C, h, w]. Torch. They know no task."""
