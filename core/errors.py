"""Errors that a user can cause or fix. Each message says what to do next."""

from __future__ import annotations


class SemblanceError(Exception):
    """Base of all errors meant for people: shown as one line, without a traceback."""


class EncoderError(SemblanceError):
    """An encoder is unknown, missing, or cannot be loaded."""


class MediaError(SemblanceError):
    """A file cannot be read as a picture or video."""


class TooSlow(MediaError):
    """Decoding a file exceeded its time limit and was stopped."""


class LibraryError(SemblanceError):
    """A library cannot be opened, written or removed."""


class QueryError(SemblanceError):
    """A query does not parse, or names something that does not exist."""


class DataError(SemblanceError):
    """Data or a setting that was given cannot be used."""


class ApartError(SemblanceError):
    """Work in a child process did not finish: the process crashed, or the system ended it."""


class Cancelled(SemblanceError):
    """Work was stopped on request before it had a result. Not a failure."""

    def __init__(self, message: str = "Cancelled.") -> None:
        super().__init__(message)


def first_line(error: BaseException) -> str:
    """The first line of another package's error, up to 200 characters, to quote in a message of our own; its type where
    it says nothing."""
    return next(iter(str(error).splitlines()), "")[:200] or type(error).__name__
