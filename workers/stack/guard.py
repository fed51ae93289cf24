"""Becomes the command it is given, after making sure that the command cannot outlive whoever started it.

Run as a script by path (`python -I -S guard.py …`), so it uses nothing but the standard library:
    guard.py --parent PID --signal N [--uid N --gid N] -- command argument…
It drops to the given user, asks the kernel for signal N when the parent dies, and executes the command.
"""

import ctypes
import os
import sys
from argparse import ArgumentParser

PR_SET_PDEATHSIG = 1


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args()
    if wanted.uid is not None:
        os.setgroups([])
        os.setgid(wanted.gid)
        os.setuid(wanted.uid)
    # After the change of user: the kernel forgets the death signal when credentials change.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, wanted.signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != wanted.parent:  # the parent died before the kernel knew of our wish
        sys.exit(1)
    os.execvp(wanted.command[0], wanted.command)  # noqa: S606 - to become the command is the whole purpose


if __name__ == "__main__":
    main()
