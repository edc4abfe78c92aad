"""Opens one XLSX, ODS or XLS file in a process of its own and writes its cells as JSON lines.

A workbook is somebody else's program for our reader: one cell at XFD1048576 makes any dense reader ask for hundreds of
gigabytes, and a zip can lie about its size. Here such a file can only take down this process, which has limits on
memory and time. It knows nothing of Django, so that it starts in a tenth of a second.

    python workbook_child.py FILE MAX_ROWS MAX_COLUMNS MAX_CELL MAX_OUT

Lines out: ["sheet", name, hidden], then ["row", number, [cell, …]] for every row that is not empty;
["refused", code, facts] ends it. No more than MAX_OUT bytes of rows come out: one long text that a small file has
once can stand in every cell. Only computed values are read; formulas are never run.
"""

import datetime
import json
import resource
import sys
import zipfile
import zlib

MEMORY = 2 * 1024**3
SECONDS = 90
MAX_UNPACKED = 400 * 1024**2
MAX_ENTRIES = 3000
MAX_CELLS = 12_000_000  # twice the longest and widest list; one stray cell in the last row of a narrow one is let through
MAX_MERGED = 1_000_000  # cells that get their text from a merged one above; ranges may overlap without end


def why_not_unpack(path: str) -> str | None:
    """Unpack every entry without keeping anything, since the sizes a zip declares may be lies."""
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(path) as archive, open(path, "rb") as raw:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or sum(e.file_size for e in entries) > MAX_UNPACKED:
                return "file_bomb"
            for entry in entries:
                if entry.flag_bits & 0x1:
                    return "file_broken"
                raw.seek(entry.header_offset + 26)
                header = raw.read(4)
                if len(header) < 4:
                    return "file_broken"
                skip = int.from_bytes(header[:2], "little") + int.from_bytes(header[2:], "little")
                raw.seek(skip, 1)
                packed = entry.compress_size
                if entry.compress_type == zipfile.ZIP_STORED:
                    left -= packed
                elif entry.compress_type == zipfile.ZIP_DEFLATED:
                    unpacker = zlib.decompressobj(-15)
                    while packed > 0 and not unpacker.eof:
                        piece = raw.read(min(packed, 65536))
                        if not piece:
                            return "file_broken"
                        packed -= len(piece)
                        while piece and not unpacker.eof:
                            left -= len(unpacker.decompress(piece, 1024 * 1024))
                            piece = unpacker.unconsumed_tail
                            if left < 0:
                                return "file_bomb"
                else:
                    return "file_broken"
                if left < 0:
                    return "file_bomb"
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError):
        return "file_broken"
    return None


def as_text(value: object, max_cell: int) -> str:
    """A cell as the person sees it: whole numbers without a point, dates as ISO, times as HH:MM."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # A postcode or telephone number comes as a float; 15 digits is what a spreadsheet itself keeps.
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.time):
        return value.isoformat("minutes")
    if isinstance(value, datetime.timedelta):
        minutes = int(value.total_seconds()) // 60
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    text = str(value)
    # One character more than allowed is kept, so that the reader of these lines sees that it was too long.
    return text[: max_cell + 1]


class TooMuch(Exception):
    """More has come out than any list holds."""


left_to_write = 0


def write(*what: object) -> None:
    global left_to_write
    line = json.dumps(what, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    left_to_write -= len(line)
    if left_to_write < 0 and what[0] != "refused":
        raise TooMuch
    sys.stdout.buffer.write(line)


def main(path: str, max_rows: int, max_columns: int, max_cell: int, max_out: int) -> None:
    global left_to_write
    left_to_write = max_out
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open(path, "rb") as file:
        zipped = file.read(4) == b"PK\x03\x04"
    if zipped and (reason := why_not_unpack(path)):
        return write("refused", reason, {})

    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
    except Exception:
        return write("refused", "file_broken", {})
    for index, about in enumerate(book.sheets_metadata):
        if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue  # a chart or a macro sheet has no cells
        try:
            sheet = book.get_sheet_by_index(index)
        except Exception:
            # Damaged, or XML with entities of its own, which are never followed. Left out it would be lost in silence.
            return write("refused", "file_broken", {})
        if sheet.start is None:
            continue
        first_row, first_column = sheet.start
        if sheet.width > max_columns and sheet.width > 16000:
            return write("refused", "too_many_columns", {"count": sheet.width, "limit": max_columns})
        if sheet.width * sheet.height > MAX_CELLS:
            return write("refused", "file_bomb", {})
        filled_down: dict[int, list[tuple[int, int]]] = {}
        merged = 0
        for (top, left), (bottom, _right) in sheet.merged_cell_ranges or []:
            if bottom > top and bottom - top <= max_rows:
                filled_down.setdefault(left, []).append((top, bottom))
                merged += bottom - top
                if merged > MAX_MERGED:
                    return write("refused", "file_bomb", {})
        write("sheet", about.name, about.visible != python_calamine.SheetVisibleEnum.Visible)
        kept = 0
        above: dict[int, str] = {}
        merged_at = {
            (left, row): top for left, spans in filled_down.items() for top, bottom in spans for row in range(top + 1, bottom + 1)
        }
        blank = [""] * sheet.width
        for offset, cells in enumerate(sheet.iter_rows()):
            if not merged and cells == blank:
                continue  # a sheet may have a million of these above one stray cell
            number = first_row + offset
            row = [as_text(value, max_cell) for value in cells]
            for index in range(len(row)):
                column = first_column + index
                if not row[index] and (column, number) in merged_at:
                    row[index] = above.get(index, "")
                elif column in filled_down:
                    above[index] = row[index]
            while row and not row[-1].strip():
                row.pop()
            if not row:
                continue
            kept += 1
            if kept > max_rows + 60:
                return write("refused", "too_many_rows", {"limit": max_rows})
            write("row", number + 1, [""] * first_column + row)
    return None


if __name__ == "__main__":
    try:
        main(sys.argv[1], *(int(a) for a in sys.argv[2:6]))
    except (TooMuch, MemoryError):
        write("refused", "file_bomb", {})
