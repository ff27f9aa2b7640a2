"""Heavy work of all visits in turn: a few jobs at a time, one at a time for a visit, first come first served."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.errors import SemblanceError
from core.policy import Policy, get_policy

_LOOK_S = 0.2  # how often one who waits looks whether it was cancelled


class Busy(SemblanceError):
    """A visit asks for more heavy work at a time than it may."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A place in the queue. cancel: the job's own wish to stop. lasting: whether the job outlives its visit.

    within: whether a job that holds a turn has asked for it; it needs none of its own, or both would wait for ever.
    """

    visit: str
    title: str
    cancel: threading.Event
    lasting: bool = False
    within: bool = False
    running: bool = False


@dataclass(slots=True)
class Queue:
    """One for a server. Safe to use from any thread."""

    tickets: list[Ticket] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    inside: threading.local = field(default_factory=threading.local)

    def enter(self, ticket: Ticket) -> None:
        """Takes a place at the end. Raises Busy where the visit has as many jobs as it may.

        One that is told to stop counts no more, although its work may go on for a moment: who asks anew waits for it.
        """
        with self.changed:
            ticket.within = self.current() is not None
            other = self.in_the_way(ticket.visit)
            if other is not None and not ticket.within:
                raise Busy(f"Your other job still runs ({other.title}): stop it or wait until it has finished.")
            self.tickets.append(ticket)

    def in_the_way(self, visit: str) -> Ticket | None:
        """The first job of a visit that has as many as it may; None where it may have one more."""
        jobs = [entry for entry in self.tickets_of(visit) if not entry.cancel.is_set()]
        return jobs[0] if len(jobs) >= get_policy().visit_jobs else None

    @contextmanager
    def turn(self, ticket: Ticket, on_wait: Callable[[int], None] | None = None) -> Iterator[bool]:
        """Waits for the ticket's turn and holds it; False where it was cancelled before. Then gives it up.

        on_wait: told now and then how many visits are before it.
        """
        outer = self.current()
        try:
            while not self._began(ticket) and not ticket.cancel.is_set():
                if on_wait is not None:
                    on_wait(self.before(ticket) or 0)
            yield ticket.running
        finally:
            self.inside.ticket = outer
            self.leave(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Gives a place up, if the ticket still has one."""
        with self.changed:
            if ticket in self.tickets:
                self.tickets.remove(ticket)
            self.changed.notify_all()

    def tickets_of(self, visit: str) -> list[Ticket]:
        """The places of a visit."""
        with self.changed:
            return [ticket for ticket in self.tickets if ticket.visit == visit]

    def before(self, ticket: Ticket) -> int | None:
        """How many visits come before it; None once it runs, or has left."""
        with self.changed:
            if ticket.running or ticket not in self.tickets:
                return None
            return len({entry.visit for entry in self.tickets[: self.tickets.index(ticket)]} - {ticket.visit})

    def forget(self, visit: str) -> None:
        """Stops the work of a visit that has ended, but for what outlives it."""
        for entry in self.tickets_of(visit):
            if not entry.lasting:
                entry.cancel.set()

    def current(self) -> Ticket | None:
        """The ticket by whose turn this thread works."""
        return getattr(self.inside, "ticket", None)

    def _began(self, ticket: Ticket) -> bool:
        """Begins if it may now, and else waits for a moment."""
        with self.changed:
            ticket.running = not ticket.cancel.is_set() and (ticket.within or self._next(ticket, get_policy()))
            if ticket.running:
                self.inside.ticket = ticket
            else:
                self.changed.wait(_LOOK_S)
            return ticket.running

    def _next(self, ticket: Ticket, allowed: Policy) -> bool:
        """Whether there is room for it, and nobody before it who could run as well."""
        running = [entry.visit for entry in self.tickets if entry.running and not entry.within]
        if len(running) >= allowed.jobs:
            return False
        free = (
            entry
            for entry in self.tickets
            if not entry.running and not entry.cancel.is_set() and running.count(entry.visit) < allowed.visit_jobs
        )
        return next(free, None) is ticket


QUEUE = Queue()


def place_text(before: int) -> str:
    """What one who waits is told."""
    if before == 0:
        return "Waiting for your turn: you are the next."
    visits = "1 visit is" if before == 1 else f"{before:,} visits are"
    return f"Busy: {visits} before you."
