"""Queues the heavy work of all visits: a few jobs at a time, one at a time per visit, first come first served."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.errors import SemblanceError
from core.policy import Policy, get_policy

_POLL_S = 0.2  # interval at which a waiting job checks whether it was cancelled


class Busy(SemblanceError):
    """A visit requests more heavy work at a time than it may."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A place in the queue.

    cancel: set to stop the job. lasting: whether the job outlives its visit. within: whether a job that holds a turn
    requested it; it then needs no turn of its own, as both would wait forever.
    """

    visit: str
    title: str
    cancel: threading.Event
    lasting: bool = False
    within: bool = False
    running: bool = False


@dataclass(slots=True)
class Queue:
    """The queue of a server. Thread-safe."""

    tickets: list[Ticket] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    inside: threading.local = field(default_factory=threading.local)

    def enter(self, ticket: Ticket) -> None:
        """Takes a place at the end. Raises Busy if the visit has as many jobs as it may.

        Cancelled jobs do not count, although their work may continue for a moment: a new job waits for it.
        """
        with self.changed:
            ticket.within = self.current() is not None
            blocking = self.in_the_way(ticket.visit)
            if blocking is not None and not ticket.within:
                raise Busy(f"Your other job still runs ({blocking.title}): stop it or wait until it has finished.")
            self.tickets.append(ticket)

    def in_the_way(self, visit: str) -> Ticket | None:
        """The first job of a visit that has as many as it may; None if it may have one more."""
        jobs = [ticket for ticket in self.tickets_of(visit) if not ticket.cancel.is_set()]
        return jobs[0] if len(jobs) >= get_policy().visit_jobs else None

    @contextmanager
    def turn(self, ticket: Ticket, on_wait: Callable[[int], None] | None = None) -> Iterator[bool]:
        """Waits for the ticket's turn, holds it, and gives it up at the end; False if it was cancelled before.

        on_wait: called now and then with the number of visits before it.
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
        """Gives up the place of a ticket, if it still has one."""
        with self.changed:
            if ticket in self.tickets:
                self.tickets.remove(ticket)
            self.changed.notify_all()

    def tickets_of(self, visit: str) -> list[Ticket]:
        """The places of a visit."""
        with self.changed:
            return [ticket for ticket in self.tickets if ticket.visit == visit]

    def before(self, ticket: Ticket) -> int | None:
        """Number of visits before a ticket; None once it runs or has left."""
        with self.changed:
            if ticket.running or ticket not in self.tickets:
                return None
            return len({earlier.visit for earlier in self.tickets[: self.tickets.index(ticket)]} - {ticket.visit})

    def forget(self, visit: str) -> None:
        """Stops the work of a visit that has ended, except jobs that outlive it."""
        for ticket in self.tickets_of(visit):
            if not ticket.lasting:
                ticket.cancel.set()

    def current(self) -> Ticket | None:
        """The ticket whose turn this thread holds."""
        return getattr(self.inside, "ticket", None)

    def _began(self, ticket: Ticket) -> bool:
        """Starts a ticket if it may run now; otherwise waits for a moment."""
        with self.changed:
            ticket.running = not ticket.cancel.is_set() and (ticket.within or self._next(ticket, get_policy()))
            if ticket.running:
                self.inside.ticket = ticket
            else:
                self.changed.wait(_POLL_S)
            return ticket.running

    def _next(self, ticket: Ticket, allowed: Policy) -> bool:
        """Whether there is room for a ticket, and none before it could run."""
        running = [other.visit for other in self.tickets if other.running and not other.within]
        if len(running) >= allowed.jobs:
            return False
        ready = (
            other
            for other in self.tickets
            if not other.running and not other.cancel.is_set() and running.count(other.visit) < allowed.visit_jobs
        )
        return next(ready, None) is ticket


QUEUE = Queue()


def place_text(before: int) -> str:
    """A message for a visitor who waits. before: number of visits before this one."""
    if before == 0:
        return "Waiting for your turn: you are next."
    visits = "1 visitor is" if before == 1 else f"{before:,} visitors are"
    return f"Busy: {visits} ahead of you."
