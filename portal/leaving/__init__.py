"""Leaving is easy: everything a municipality has put in goes into one file, and such a file can be read back.

scope        which rows of which model belong to a municipality, and what stays behind, with the reason
references   rows that name other rows inside a text: blocks of pages, drafts, what an import wrote
values       a column as it stands in the file, and back
archive      the file itself: written as a stream, read with suspicion
writing      export          reading      import          sheets, joint, readme   for people
"""
