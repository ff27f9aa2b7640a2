"""The command line: runs one command, shows its progress and its result."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from tqdm import tqdm

from core.cli.output import plain
from core.cli.parser import command_parser
from core.config import make_home
from core.errors import SemblanceError
from core.progress import Progress, Task
from core.utils.systems import check_system


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Exit code 0; 2 with one line on stderr for an error that the user can cure; 130 if stopped;
    1 where `health` found something that does not work."""
    try:
        check_system()
    except SemblanceError as error:
        print(f"semblance: {error}", file=sys.stderr)
        return 2
    options = command_parser().parse_args(arguments)
    bar = _Bar(quiet=options.quiet)
    make_home()
    try:
        result = options.run(options, Task(bar))
    except SemblanceError as error:
        bar.close()
        print(f"semblance: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        bar.close()
        return 130
    bar.close()
    try:
        if options.json:
            print(json.dumps(result, ensure_ascii=True, default=plain))
        else:
            options.show(result)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough; what is left would raise again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 130 if result.get("cancelled") else int(not result.get("healthy", True))


class _Bar:
    """A progress bar on stderr, one for each stage."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet, self.stage, self.bar = quiet, "", None

    def __call__(self, progress: Progress) -> None:
        if self.quiet:
            return
        if progress.stage != self.stage:
            self.close()
            self.stage = progress.stage
            scaled = progress.unit == "bytes"
            self.bar = tqdm(
                total=progress.total, desc=progress.stage, unit=progress.unit.rstrip("s"), unit_scale=scaled,
                file=sys.stderr, leave=False, dynamic_ncols=True,
            )  # fmt: skip
        assert self.bar is not None
        self.bar.total = progress.total
        self.bar.update(progress.done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None
