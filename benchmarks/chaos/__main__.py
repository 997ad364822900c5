"""Break StreamRec on purpose: kills at every file operation, full and read-only disks, damaged files.

    python -m benchmarks.chaos [kills | training | disks | damaged ...] [--quick]

Prints JSON: tries, survived and lost by kind and in all. What is lost is told on standard error at once. Needs a C
compiler for the shim that stands between this program and the disk.
"""

from __future__ import annotations

from benchmarks.chaos.child import with_shim

if __name__ == "__main__":
    with_shim()
    from benchmarks.chaos.run import main

    main()
