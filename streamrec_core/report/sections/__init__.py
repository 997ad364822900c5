"""The sections of a pack, one file each: findings in, words and tables out."""
