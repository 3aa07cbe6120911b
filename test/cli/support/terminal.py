"""Runs a program on a pseudo-terminal: terminal.py COLUMNS ROWS PROGRAM [ARGUMENT...]

What comes on the standard input is typed, what the terminal is sent goes to the standard output; a line "COLUMNS ROWS" on
descriptor 3 makes the window another size. Ends as the program does. The end of the standard input ends the program: it
does not outlive whoever has started it.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios


def resize(descriptor, columns, rows):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data) :]


def read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:
        # Linux says so when nobody has the terminal open any more.
        return b""


def end(child):
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        # It has ended by itself.
        pass


def relay(child, terminal):
    sources = [0, 3, terminal]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if terminal in ready:
            data = read(terminal)
            if not data:
                return
            write_all(1, data)
        if 0 in ready:
            data = read(0)
            if not data:
                end(child)
                return
            write_all(terminal, data)
        if 3 in ready:
            data = read(3)
            if not data:
                sources.remove(3)
            for line in data.decode().splitlines():
                resize(terminal, *map(int, line.split()))


def main():
    columns, rows, *command = sys.argv[1:]
    child, terminal = pty.fork()
    if child == 0:
        # Here, and not from outside, so that the program cannot ask before it is so.
        resize(0, int(columns), int(rows))
        os.close(3)
        os.execvp(command[0], command)
    relay(child, terminal)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    # As shells tell of signals.
    sys.exit(128 - code if code < 0 else code)


main()
