"""A pretrained transformer that is named by its folder. `ENCODER` and nothing else."""

from spanloom.encoders.parts.of_folder import encoder_of_folder
from spanloom.encoders.transformer.config import TransformerConfig, folder

__all__ = ["ENCODER"]

ENCODER = encoder_of_folder(TransformerConfig, folder)
