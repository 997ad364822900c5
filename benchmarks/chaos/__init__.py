"""Breaks StreamRec on purpose: kills at every file operation, full and read-only disks, damaged files."""
