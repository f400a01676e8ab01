"""What two or more encoders share; torch is in `modules/` alone."""
