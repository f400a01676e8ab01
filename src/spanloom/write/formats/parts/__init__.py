"""What the formats that are written share."""
