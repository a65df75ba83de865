"""What can be wrong with a file."""

from app.domain.errors import Invalid


class FileRefused(Invalid):
    code = "file_refused"
    title = "This file cannot be kept."
    advice = "`errors` says why; send a PDF, picture, office document, text, sound or film."
