"""Every code a roster file can be given: what is wrong, and what to do about it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

READ: Final = (
    "Cairn reads OneRoster 1.1 and 1.2 and School Data Sync 2.1 (a zip of CSV files), CTF (XML), "
    "CSV with a mapping, and NDJSON."
)


class Fault(NamedTuple):
    """`sentence` says what was found, `advice` what to do. Neither repeats a cell."""

    sentence: str
    advice: str


_UNICODE = "Export it as UTF-8, and check the letters with accents."
_ZIP_AGAIN = "Make the zip again, or export it again."
_EXPORT_AGAIN = "Export the file again."
_STANDARD = "Spell it as the standard does."
_AT_SOURCE = "Correct it where it comes from, and send the file again."
_ISO = "Write dates as YYYY-MM-DD."
_NOTHING = "Nothing needs to be done."
_REFERS = "Send the row it refers to, or correct the reference."

_FILES: Final = {
    "file.not_found": Fault("There is no such file or folder.", "Check the name."),
    "file.empty": Fault("The file is empty.", _EXPORT_AGAIN),
    "file.empty_zip": Fault("The zip holds no file.", "Put the exported files into the zip."),
    "file.empty_folder": Fault("The folder holds no file.", "Name the folder of the export."),
    "file.pdf": Fault("The file is a PDF.", READ),
    "file.spreadsheet": Fault(
        "The file is a spreadsheet.", f"Save the sheet as CSV (UTF-8), and map it. {READ}"
    ),
    "file.document": Fault("The file is a text document.", READ),
    "file.picture": Fault("The file is a picture.", READ),
    "file.archive": Fault("The file is packed in a way that is not zip.", "Send a zip."),
    "file.web_page": Fault(
        "The file is a web page, such as the sign-in page of the system it comes from.",
        f"Download the export itself. {READ}",
    ),
    "file.zip_of_something_else": Fault("The zip holds no file of a roster.", READ),
    "file.census": Fault(
        "The file is a school census return, which names no contacts.",
        f"Export a roster instead. {READ}",
    ),
    "file.atf": Fault(
        "The file is an admissions transfer file (ATF): children who have applied for a place.",
        f"Export a CTF once they are on roll. {READ}",
    ),
    "file.xml_of_something_else": Fault("The file is XML, and it is not a CTF.", READ),
    "file.school_register": Fault(
        "The file is a list of schools, as the register of schools gives it.", READ
    ),
    "file.part_of_oneroster": Fault(
        "This is one file of a OneRoster package.",
        "Send all files of the export in one zip, with orgs.csv, users.csv and manifest.csv.",
    ),
    "file.school_data_sync_1": Fault(
        "These are files of School Data Sync version 1.",
        f"Export version 2.1, or send the file of students with a mapping. {READ}",
    ),
    "file.needs_mapping": Fault(
        "The file is a table whose columns Cairn does not know.",
        "Send it with a mapping; `cairn import mapping FILE` proposes one.",
    ),
    "file.json": Fault(
        "The file is JSON, but not a roster in NDJSON.",
        f'The first line must be {{"format":"cairn-roster/1"}}. {READ}',
    ),
    "file.mostly_blank": Fault(
        "The file has more than a million blank lines, or 64 MiB of them, and was not read.",
        "Leave the blank lines out, and export it again.",
    ),
    "file.unknown": Fault("The file is none of the formats that are read.", READ),
}

_PACKAGE: Final = {
    "package.damaged": Fault("The zip is damaged or was cut short.", _ZIP_AGAIN),
    "package.encrypted": Fault(
        "The file inside the zip is locked with a password and was not read.",
        "Make the zip without a password.",
    ),
    "package.too_many_entries": Fault(
        "The package holds more files than a roster can have.", "Send the roster's files alone."
    ),
    "package.too_large": Fault(
        "The package is larger than the limit once it is unpacked.",
        "Leave out the files that are not needed.",
    ),
    "package.suspicious_ratio": Fault(
        "The zip unpacks to far more than its size, as a zip bomb does.", _ZIP_AGAIN
    ),
    "package.unsafe_name": Fault(
        "The name of a file is empty, points outside the package or cannot be printed; the file "
        "was not read.",
        "Put the files into the zip without folders.",
    ),
    "package.unknown_file": Fault(
        "The file is not part of this format and was not read.", _NOTHING
    ),
    "package.duplicate_file": Fault(
        "The package holds this file more than once; only one was read.",
        "Send one file of each name.",
    ),
    "package.file_name_spelling": Fault(
        "The name of the file is not spelt as in the standard.", _STANDARD
    ),
    "package.inside_folder": Fault(
        "The files lie in a folder inside the package.", "Zip the files, not their folder."
    ),
    "package.missing_file": Fault(
        "The file is needed and is not in the package.", "Put it into the package."
    ),
    "package.missing_manifest": Fault(
        "There is no manifest.csv, so nobody was taken for a leaver.",
        "Send a manifest.csv that says which files are complete (bulk).",
    ),
    "package.unreadable_file": Fault(
        "The file could not be unpacked or read to its end.", _ZIP_AGAIN
    ),
    "package.no_rows": Fault(
        "The file has no rows and was taken as not sent.", "Leave such a file out."
    ),
    "package.schools_from_people": Fault(
        "The package has no orgs.csv; the schools are those its people belong to.", _NOTHING
    ),
    "manifest.invalid_header": Fault(
        "The manifest does not start with propertyName,value.", _STANDARD
    ),
    "manifest.invalid_version": Fault(
        "The manifest names no version of OneRoster that is known here.",
        "Write 1.1 or 1.2 as oneroster.version.",
    ),
    "manifest.missing_value": Fault(
        "The manifest does not say whether this file is bulk, delta or absent; nobody was taken "
        "for a leaver by it.",
        "Say bulk, delta or absent for each file.",
    ),
    "manifest.invalid_mode": Fault(
        "The manifest has a word other than bulk, delta or absent for this file; it was taken as "
        "changes only.",
        "Say bulk, delta or absent for each file.",
    ),
    "manifest.mode_spelling": Fault(
        "The manifest's word for this file is not spelt as in the standard.", _STANDARD
    ),
    "manifest.file_missing": Fault(
        "The manifest announces the file, and it is not in the package.",
        "Put it into the package, or say absent.",
    ),
    "manifest.file_unexpected": Fault(
        "The manifest says that the file is absent, and it is there; it was taken as changes only.",
        "Say bulk or delta for it.",
    ),
    "manifest.duplicate_property": Fault(
        "The manifest has the same property twice; the first counts.", "Leave one out."
    ),
    "manifest.unknown_property": Fault(
        "The manifest has a property that is not in the standard.", _NOTHING
    ),
}

_TEXT: Final = {
    "csv.utf16": Fault("The file is written in UTF-16 and was read so.", _UNICODE),
    "csv.byte_order_mark": Fault("The file starts with a byte-order mark.", _NOTHING),
    "csv.not_utf8": Fault(
        "The file is not written in UTF-8; such lines were read as Windows-1252.", _UNICODE
    ),
    "csv.lost_character": Fault(
        "A letter was lost: its bytes belong to no letter, or an earlier system lost it.",
        "Correct the name where it comes from, and export it as UTF-8.",
    ),
    "csv.other_separator": Fault(
        "The cells are separated by something other than a comma, and were read so.",
        "Separate the cells by commas.",
    ),
    "csv.unescaped_quote": Fault(
        "A quotation mark stands where none belongs and was kept as it is.",
        "Double each quotation mark inside a quoted cell.",
    ),
    "csv.unclosed_quote": Fault(
        "A quotation mark is opened and never closed.", "Close it, or double it."
    ),
    "csv.line_break_in_cell": Fault(
        "A cell holds a line break, which the standard does not allow.", _AT_SOURCE
    ),
    "csv.blank_line": Fault("There is a line without any value.", _NOTHING),
    "schema.no_header": Fault(
        "The first line does not name the columns; the file was not read.",
        "Export the file with its header.",
    ),
    "schema.missing_column": Fault("A column of the standard is missing.", "Add it, blank or not."),
    "schema.missing_required_column": Fault(
        "A needed column is missing; the file was not read.", "Add it to the export."
    ),
    "schema.unknown_column": Fault("The column is not in the standard and was not read.", _NOTHING),
    "schema.other_version_column": Fault(
        "The column belongs to another version of the standard.",
        "Say the right version in the manifest.",
    ),
    "schema.misspelt_header": Fault(
        "The name of the column is not spelt as in the standard.", _STANDARD
    ),
    "schema.duplicate_header": Fault(
        "The column is there more than once; the first was read.", "Leave one out."
    ),
    "schema.empty_header": Fault("A column has no name and was not read.", "Name it, or drop it."),
    "schema.header_order_mismatch": Fault(
        "The columns are not in the order of the standard.", "Put them in its order."
    ),
    "schema.metadata_column_position": Fault(
        "Columns named metadata.* must stand to the right.", "Move them to the right."
    ),
    "schema.invalid_metadata_header": Fault(
        "The name after metadata. is missing or not allowed.", "Use letters, digits, . _ and -."
    ),
}

_ROWS: Final = {
    "row.too_long": Fault("The line is longer than a row of a roster can be.", _AT_SOURCE),
    "row.cell_too_long": Fault("A cell is longer than a value of a roster can be.", _AT_SOURCE),
    "row.nul_character": Fault(
        "The line holds a NUL character, as damaged files do.", _EXPORT_AGAIN
    ),
    "row.too_few_cells": Fault(
        "The row is shorter than the header; missing cells were read as blank.",
        "Check the commas and quotation marks of the line.",
    ),
    "row.trailing_cells": Fault(
        "The row is longer than the header, by blank cells only.", _NOTHING
    ),
    "row.too_many_cells": Fault(
        "The row has more values than the header has columns.",
        "Check the commas and quotation marks of the line.",
    ),
    "row.missing_required_value": Fault("A required value is blank.", _AT_SOURCE),
    "row.missing_name": Fault("Both the given and the family name are blank.", _AT_SOURCE),
    "row.invalid_guid": Fault(
        "An identifier is too long or has characters the standard forbids.", _AT_SOURCE
    ),
    "row.invalid_date": Fault("A date cannot be read and was left out.", _ISO),
    "row.date_spelling": Fault(
        "A date is written otherwise, and can be read in one way only.", _ISO
    ),
    "row.ambiguous_date": Fault(
        "Day and month of a date cannot be told apart; it was left out.", _ISO
    ),
    "row.invalid_datetime": Fault("A time is not written as YYYY-MM-DDTHH:MM:SS.sssZ.", _STANDARD),
    "row.invalid_year": Fault("A year is not written as YYYY.", _STANDARD),
    "row.boolean_spelling": Fault(
        "A value is understood, but not written as true or false.", "Write true or false."
    ),
    "row.invalid_boolean": Fault(
        "A value is neither true nor false and was left out.", "Write true or false."
    ),
    "row.invalid_enum": Fault("A word is not in the standard's list of words.", _STANDARD),
    "row.invalid_list": Fault(
        "A list has spaces, empty items or items of another form.",
        "Write a,b without spaces.",
    ),
    "row.unknown_year_group": Fault(
        "Year groups run from 1 to 14; this one was left out.", _AT_SOURCE
    ),
    "row.unknown_sex": Fault("The sex cannot be understood and was left out.", _AT_SOURCE),
    "row.invalid_upn": Fault("The UPN does not pass its check and was left out.", _AT_SOURCE),
    "row.no_identifier": Fault(
        "The pupil has no number by which a later file could find the same child again.",
        "Give the pupil a UPN, or add the child by hand.",
    ),
    "row.field_forbidden_in_bulk": Fault(
        "Status or date of change is filled in a complete file.", "Leave both blank in bulk files."
    ),
    "row.field_required_in_delta": Fault(
        "Status or date of change is blank in a file of changes.", "Fill both in delta files."
    ),
}

_REFERENCES: Final = {
    "reference.duplicate_sourced_id": Fault(
        "The sourcedId was used by an earlier row of this file.", "Send each row once."
    ),
    "reference.duplicate_identifier": Fault(
        "The number of the pupil was used by an earlier row of this file.", "Send each row once."
    ),
    "reference.duplicate_contact": Fault(
        "The pupil has this contact twice; the first was read.", "Send each contact once."
    ),
    "reference.unknown_org": Fault(
        "The row names an organisation that is not in orgs.csv.", _REFERS
    ),
    "reference.unknown_session": Fault(
        "The row names a term or year that is not in academicSessions.csv.", _REFERS
    ),
    "reference.unknown_course": Fault(
        "The row names a course that is not in courses.csv.", _REFERS
    ),
    "reference.unknown_class": Fault("The row names a class that is not in classes.csv.", _REFERS),
    "reference.unknown_user": Fault("The row names a person who is not in users.csv.", _REFERS),
    "reference.unknown_agent": Fault(
        "The row names a related person who is not in users.csv.", _REFERS
    ),
    "reference.orphan_demographics": Fault(
        "Birth date and sex are of a person who is not in users.csv.", _REFERS
    ),
    "reference.parent_without_child": Fault(
        "The parent or relative is joined to nobody, so no child has this contact.",
        "Fill agentSourcedIds of the student or of the parent.",
    ),
    "reference.missing_file": Fault(
        "The file refers to rows of another file that is not in the package.",
        "Send that file too.",
    ),
}

_XML: Final = {
    "xml.not_well_formed": Fault(
        "The XML breaks off or is not well formed from this line on.", _EXPORT_AGAIN
    ),
    "xml.doctype": Fault(
        "The XML declares a document type or entities, which a CTF never needs; it was not read.",
        "Export the file without a DOCTYPE.",
    ),
    "xml.too_deep": Fault("The XML is nested far deeper than a CTF is.", _EXPORT_AGAIN),
    "xml.endless": Fault("A name or value of the XML is longer than a CTF has.", _EXPORT_AGAIN),
    "xml.pupil_too_large": Fault("The pupil has more content than a CTF has.", _EXPORT_AGAIN),
    "ctf.no_pupils": Fault("The CTF has no pupil.", "Choose pupils, and export again."),
    "ctf.no_school": Fault(
        "The header names neither a receiving nor a sending school.", _EXPORT_AGAIN
    ),
    "ctf.other_version": Fault(
        "The version of the CTF is not one that was checked here; it was read as the last one.",
        "Check that names, dates and contacts arrived.",
    ),
    "ctf.name_differs": Fault(
        "The name of the file names other schools than its header.",
        "Check which pupils it is about.",
    ),
    "ctf.sex_and_gender": Fault("Sex and Gender differ; Sex was taken.", _AT_SOURCE),
    "ctf.unknown_relationship": Fault(
        "Cairn does not know this relationship and recorded another person.",
        _AT_SOURCE,
    ),
    "ctf.contact_without_name": Fault("A contact has no name and was left out.", _AT_SOURCE),
}

_MAPPED: Final = {
    "mapping.unreadable": Fault(
        "The mapping is neither TOML nor JSON, or not of the form cairn-mapping/1.",
        "Start from `cairn import mapping FILE`.",
    ),
    "mapping.unknown_field": Fault(
        "The mapping names a field that there is not.", "docs/rosters.md lists the fields."
    ),
    "mapping.field_missing": Fault(
        "The mapping leaves a needed field without a column.", "Map it, or map another number."
    ),
    "mapping.column_missing": Fault(
        "The mapping names a column that the file does not have.",
        "Confirm the mapping with this file's header.",
    ),
    "mapping.header_changed": Fault(
        "The columns of the file are not those the mapping was confirmed for.",
        "Confirm the mapping with this file's header.",
    ),
    "mapping.value_unknown": Fault(
        "A value has no meaning in the mapping and was left out.", "Add it to the mapping."
    ),
    "mapping.date_order_needed": Fault(
        "Dates could be read in two ways; such dates were left out.",
        "Say date_order in the mapping: dmy, mdy or ymd.",
    ),
}

_NDJSON: Final = {
    "ndjson.invalid_json": Fault("The line is not one JSON object.", "One object a line, UTF-8."),
    "ndjson.invalid_value": Fault("A value has another type than its field.", _AT_SOURCE),
    "ndjson.unknown_member": Fault(
        "A member is not known and was not read.",
        "Check its spelling; docs/rosters.md lists the members.",
    ),
    "ndjson.cut_off": Fault(
        "The last line does not say how many rows there are, or another number.",
        'Send the whole file; its last line is {"end":{"rows":N}}.',
    ),
    "ndjson.invalid_header": Fault(
        "The first line does not name the school of the roster.",
        'Write {"format":"cairn-roster/1","school":{"id":...,"name":...}}.',
    ),
}

FAULTS: Final[Mapping[str, Fault]] = (
    _FILES | _PACKAGE | _TEXT | _ROWS | _REFERENCES | _XML | _MAPPED | _NDJSON
)
