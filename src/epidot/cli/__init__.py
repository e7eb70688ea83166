"""The command line: typer commands over the public functions, and nothing else."""

from __future__ import annotations

import os
import sys

from epidot import files
from epidot.errors import EpidotError, InputError

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2


def main(arguments: list[str] | None = None) -> int:
    """Run ``epidot`` with ``arguments`` (default: those of the shell) and leave with its exit status."""
    # The matrices are small: threads inside one of them only wait for each other and double the work.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    argv = sys.argv[1:] if arguments is None else arguments
    try:
        from epidot.cli.app import build

        try:
            status = build(argv)(argv, standalone_mode=True)
        finally:
            if sys.stdout is not None:  # None: the shell closed it
                sys.stdout.flush()
    except InputError as error:
        _say(error)
        status = EXIT_BAD_INPUT
    except EpidotError as error:
        _say(error)
        status = EXIT_FAILED
    except KeyboardInterrupt:
        print("epidot: interrupted", file=sys.stderr)
        status = EXIT_FAILED
    except BrokenPipeError:  # the reader of our output has gone, e.g. `| head`
        sys.stderr.close()
        status = EXIT_FAILED
    except OSError as error:
        if error.filename is not None:  # files have their own messages: this is something else
            raise
        _say(files.refusal("standard output", error))
        # Python would try once more to print what could not be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = EXIT_BAD_INPUT
    sys.exit(status)


def _say(error: EpidotError) -> None:
    for line in str(error).splitlines():
        print(f"epidot: {line}", file=sys.stderr)
