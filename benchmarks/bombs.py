"""Import files that unpack to gigabytes, each in a process with limited address space; print what memory it took.

    python benchmarks/bombs.py [--gigabytes 4.3] [--limit 1] [--address-space 12]

Each bomb is a file of some kilobytes or megabytes. It must be refused in one sentence, and the process must not take
much more than its limit of unpacked bytes allows. The memory of an import of two rows stands beside it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

MEGABYTE = 10**6
HEADER, ROW = b"session,item\n", b"a,x\n"
PROCESS = """
import json, re, sys, time
from pathlib import Path
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.errors import StreamRecError

settings = TableSettings.parse({"session_column": "session", "item_column": "item"}, "bomb")
began = time.monotonic()
try:
    message = f"imported {len(import_table(Path(sys.argv[1]), settings).log)} sessions"
except StreamRecError as error:
    message = str(error).replace(sys.argv[1], "FILE")
seconds = time.monotonic() - began
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
print(json.dumps({"seconds": round(seconds, 1), "peak_mb": round(int(peak) * 1024 / 1e6), "message": message}))
"""
Bomb = Callable[[Path, int], None]


def two_rows(path: Path, size: int) -> None:
    """No bomb: what a process takes by itself."""
    path.write_bytes(HEADER + ROW + b"a,y\n")


def long_texts(path: Path, size: int) -> None:
    """Parquet texts of a megabyte, each another one."""
    schema = pa.schema({"session": pa.string(), "item": pa.string()})
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False, write_statistics=False) as writer:
        for start in range(0, size // MEGABYTE, 100):
            numbers = range(start, min(start + 100, size // MEGABYTE))
            items = [f"{number:07}" + "x" * MEGABYTE for number in numbers]
            writer.write_table(pa.table({"session": ["a"] * len(items), "item": items}, schema))


def long_page(path: Path, size: int) -> None:
    """Parquet texts of a megabyte in one page of 2 GB, in a file whose footer says that they take 1,000 bytes."""
    count = min(size, 2 * 10**9) // MEGABYTE
    items = pa.array([f"{number:07}" + "x" * (MEGABYTE - 11) for number in range(count)])
    table = pa.table({"session": pa.array(["a"] * count), "item": items})
    options = {"compression": "zstd", "use_dictionary": False, "write_statistics": False, "data_page_size": 2 * 10**9}
    pq.write_table(table, path, **options)
    claimed = pq.read_metadata(path).row_group(0).column(1).total_uncompressed_size
    content = path.read_bytes()
    path.write_bytes(content.replace(_varint(claimed), _varint(1000, len(_varint(claimed)))))


def _varint(number: int, width: int = 0) -> bytes:
    """A number as Thrift's compact protocol writes it, stretched to a width."""
    number, digits = number << 1, []  # zigzag
    while number or not digits or len(digits) < width:
        digits.append(number & 127)
        number >>= 7
    return bytes(digit | 128 for digit in digits[:-1]) + bytes(digits[-1:])


def repeated_text(path: Path, size: int) -> None:
    """One Parquet text of ten megabytes, named by every row."""
    items = pa.DictionaryArray.from_arrays(pa.array([0] * (size // (10 * MEGABYTE))), ["x" * 10 * MEGABYTE])
    table = pa.table({"session": ["a"] * len(items), "item": pa.array([[text] for text in range(len(items))])})
    pq.write_table(table.set_column(1, "item", items), path, compression="zstd")


def endless_rows(path: Path, size: int) -> None:
    """Parquet rows that are all the same, one for ten bytes."""
    piece = pa.table({"session": pa.array(["a"] * 10**7), "item": pa.array(["x"] * 10**7)})
    with pq.ParquetWriter(path, piece.schema, compression="zstd") as writer:
        for _ in range(max(1, size // 10**8)):
            writer.write_table(piece, row_group_size=10**7)


def long_lists(path: Path, size: int) -> None:
    """Parquet lists of ten million items."""
    items = pa.ListArray.from_arrays([0, 10**7], pa.array(["x"] * 10**7))
    piece = pa.table({"session": ["a"], "item": items})
    with pq.ParquetWriter(path, piece.schema, compression="zstd") as writer:
        for _ in range(max(1, size // 10**8)):
            writer.write_table(piece)


def _text(size: int) -> Iterator[bytes]:
    """Rows of text of that size, with a title of a kilobyte that nobody asks for."""
    yield HEADER.replace(b"\n", b",title\n")
    piece = (ROW.replace(b"\n", b"," + b"y" * 1000 + b"\n")) * 1000
    for _ in range(size // len(piece) + 1):
        yield piece


def zip_bomb(path: Path, size: int) -> None:
    """A table of text in a zip archive."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("log.csv", "w", force_zip64=True) as sink,
    ):
        sink.writelines(_text(size))


def gzip_bomb(path: Path, size: int) -> None:
    """A table of text in gzip, of which each megabyte is a member of its own."""
    start, piece = (gzip.compress(each) for each in list(_text(MEGABYTE))[:2])
    path.write_bytes(start + piece * (size // MEGABYTE))


def zstd_bomb(path: Path, size: int) -> None:
    """A table of text in Zstandard."""
    with pa.CompressedOutputStream(str(path), "zstd") as sink:
        for piece in _text(size):
            sink.write(piece)


def workbook_bomb(path: Path, size: int) -> None:
    """A workbook whose sheet is blank text of that size."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["session", "item"])
    plain = path.with_suffix(".plain")
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            with target.open(entry.filename, "w", force_zip64=True) as sink:
                if entry.filename == "xl/worksheets/sheet1.xml":
                    end = content.index(b"</sheetData>")
                    sink.write(content[:end])
                    for _ in range(size // MEGABYTE):
                        sink.write(b"<row/>" * (MEGABYTE // 6))
                    content = content[end:]
                sink.write(content)
    plain.unlink()


def json_bomb(path: Path, size: int) -> None:
    """A list of JSON records in gzip, of which each megabyte is a member of its own."""
    records = gzip.compress(b'{"session": "a", "item": "x"},' * (MEGABYTE // 30))
    path.write_bytes(
        gzip.compress(b"[") + records * (size // MEGABYTE) + gzip.compress(b'{"session": "a", "item": "x"}]')
    )


BOMBS: dict[str, Bomb] = {
    "two rows.csv": two_rows,
    "long texts.parquet": long_texts,
    "long page, false footer.parquet": long_page,
    "repeated text.parquet": repeated_text,
    "endless rows.parquet": endless_rows,
    "long lists.parquet": long_lists,
    "text.zip": zip_bomb,
    "text.csv.gz": gzip_bomb,
    "text.csv.zst": zstd_bomb,
    "workbook.xlsx": workbook_bomb,
    "list.json.gz": json_bomb,
}
"""By file name; each is written to unpack to so many bytes."""


def measured(path: Path, limit: float, address_space: float) -> dict[str, Any]:
    """Import a file in a process of its own.

    Parameters
    ----------
    path : Path
    limit : float
        Gigabytes that an import may unpack to.
    address_space : float
        Gigabytes that the process may reserve (RLIMIT_AS).

    Returns
    -------
    dict of str to Any
        Size of the file, exit code, seconds, megabytes of resident memory at most (not of a killed process), message.
    """
    most = int(address_space * 10**9)
    environment = os.environ | {
        "STREAMREC_IMPORT_GB": str(limit),
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    with tempfile.TemporaryFile() as sink:
        process = subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(path)],
            env=environment,
            stdout=sink,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
        )
        code = process.wait()
        sink.seek(0)
        words = sink.read().decode(errors="replace").strip()
    outcome = {"file_kb": round(path.stat().st_size / 1000, 1), "exit_code": code}
    return outcome | (json.loads(words) if code == 0 else {"message": words[-300:]})


def main() -> None:
    """Measure every bomb."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=4.3, help="What each bomb unpacks to.")
    parser.add_argument("--limit", type=float, default=1.0, help="STREAMREC_IMPORT_GB.")
    parser.add_argument("--address-space", type=float, default=12.0, help="Gigabytes that a process may reserve.")
    parser.add_argument("--only", help="A part of the name.")
    arguments = parser.parse_args()
    size, outcomes = int(arguments.gigabytes * 10**9), {}
    for name, write in BOMBS.items():
        if arguments.only and arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="streamrec-bombs-") as folder:
            path = Path(folder) / name
            write(path, size)
            outcomes[name] = measured(path, arguments.limit, arguments.address_space)
        sys.stderr.write(f"{name}: {outcomes[name]}\n")
    print(json.dumps({"unpack_to_gb": arguments.gigabytes, "limit_gb": arguments.limit, "bombs": outcomes}, indent=2))


if __name__ == "__main__":
    main()
