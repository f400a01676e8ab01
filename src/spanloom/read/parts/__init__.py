"""What several formats share: files to lines and JSON items, keys, columns, tags and offsets."""
