"""The errors that a user can cause or cure. Each message says what to do next."""

from __future__ import annotations


class SemblanceError(Exception):
    """Base of every error meant for a person: shown as one line, never as a stack trace."""


class EncoderError(SemblanceError):
    """An encoder is unknown, is not there, or cannot be loaded."""


class MediaError(SemblanceError):
    """A file cannot be read as the picture (or clip) it claims to be."""


class TooSlow(MediaError):
    """Decoding a file took longer than it may, and was stopped."""


class LibraryError(SemblanceError):
    """A library cannot be opened, written or removed."""


class QueryError(SemblanceError):
    """A query does not parse, or asks for something that is not there."""


class DataError(SemblanceError):
    """A table given for evaluation (captions, labels) lacks what it needs."""


class ApartError(SemblanceError):
    """Work in a process apart came to no end: the process broke down, or the system ended it."""


class Cancelled(SemblanceError):
    """Work was stopped before there was anything to show. That is what was asked for, and no failure."""

    def __init__(self, message: str = "Cancelled.") -> None:
        super().__init__(message)
