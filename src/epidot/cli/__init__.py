"""The command line: typer commands over the public functions, and nothing else."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from epidot import interrupts
from epidot.processes import collect_seldom

if TYPE_CHECKING:
    from epidot.errors import EpidotError

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
_HEARD_BY_TYPER = 130  # typer makes a status of an interruption, and says nothing


def main(arguments: list[str] | None = None) -> int:
    """Run ``epidot`` with ``arguments`` (default: those of the shell) and leave with its exit status."""
    try:
        interrupts.heed()
        status = _status(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        print("epidot: interrupted", file=sys.stderr)
        status = EXIT_FAILED
    if arguments is None:  # this process ends with the command
        interrupts.ended()
        gc.freeze()  # nor is all that was loaded looked through once more, which takes a tenth of a short run
    sys.exit(status)


def _status(argv: list[str]) -> int:
    """Carry ``argv`` out; every fault ends as a message and a status."""
    # The matrices are small: threads inside one of them only wait for each other and double the work.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from epidot.errors import EpidotError, InputError

    collect_seldom()

    try:
        try:
            return _carried_out(argv)
        finally:
            if sys.stdout is not None:  # None: the shell closed it
                sys.stdout.flush()
    except InputError as error:
        _say(error)
        return EXIT_BAD_INPUT
    except EpidotError as error:
        _say(error)
        return EXIT_FAILED
    except BrokenPipeError:  # the reader of our output has gone, e.g. `| head`
        sys.stderr.close()
        return EXIT_FAILED
    except OSError as error:
        if error.filename is not None:  # files have their own messages: this is something else
            raise
        from epidot import files

        _say(files.refusal("standard output", error))
        # Python would try once more to print what could not be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BAD_INPUT


def _carried_out(argv: list[str]) -> int:
    """The exit status of the command that ``argv`` names."""
    if argv == ["--version"]:  # for which nothing more is loaded
        from epidot import __version__

        print(__version__)
        return 0
    from epidot.cli import refused
    from epidot.cli.app import build

    app = build(argv)
    try:
        status = int(app(argv, standalone_mode=False) or 0)
        if status == _HEARD_BY_TYPER:
            interrupts.pass_on()
        return status
    except Exception as error:
        if type(error).__name__ == "Abort":
            raise KeyboardInterrupt from None
        if refused.is_help(error):
            print(error, file=sys.stderr)
            return EXIT_BAD_INPUT
        if not refused.is_told(error):
            raise
        from typer.main import get_command

        raise refused.told(error, get_command(app), argv) from None


def _say(error: EpidotError) -> None:
    for line in str(error).splitlines():
        print(f"epidot: {line}", file=sys.stderr)
