"""multilingual-e5-small, unpacked from an installed package or named by its folder. `ENCODER` and nothing else."""

from spanloom.encoders.multilingual_e5.config import MultilingualE5Config, folder
from spanloom.encoders.parts.of_folder import encoder_of_folder

__all__ = ["ENCODER"]

ENCODER = encoder_of_folder(MultilingualE5Config, folder)
