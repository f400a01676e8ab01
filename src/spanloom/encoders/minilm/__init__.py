"""The pretrained transformer that is a package of its own. `ENCODER` and nothing else."""

from spanloom.encoders.minilm.config import MinilmConfig, folder
from spanloom.encoders.parts.of_folder import encoder_of_folder

__all__ = ["ENCODER"]

ENCODER = encoder_of_folder(MinilmConfig, folder)
