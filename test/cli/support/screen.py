"""What a terminal of this size shows after it was sent the standard input: screen.py COLUMNS ROWS

Prints JSON: "lines" from the first one ever shown to the last one that is not empty, "cursor" ([line, column]) and "wraps",
how many lines were too long. How wide a character is says the C library, as it does for terminals.
"""

import ctypes
import json
import locale
import re
import sys

locale.setlocale(locale.LC_ALL, "C.UTF-8")
width_of = ctypes.CDLL(None).wcwidth
width_of.argtypes = [ctypes.c_wchar]

TOKEN = re.compile(r"\x1b\[([?>=]?)([\d;]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\x1b[=>78cDEM]|[\s\S]")


class Screen:
    def __init__(self, columns, rows):
        self.columns = columns
        self.rows = rows
        self.lines = [[]]
        self.top = 0
        self.row = 0
        self.column = 0
        self.wraps = 0
        self.saved = (0, 0)

    def line(self):
        return self.lines[self.top + self.row]

    def feed(self):
        if self.row < self.rows - 1:
            self.row += 1
        else:
            self.top += 1
        while len(self.lines) <= self.top + self.row:
            self.lines.append([])

    def put(self, char):
        width = width_of(char)
        if width <= 0:
            if self.column > 0 and width == 0:
                line = self.line()
                at = min(self.column, len(line)) - 1
                while at > 0 and line[at] == "":
                    at -= 1
                if at >= 0:
                    line[at] += char
            return
        if self.column + width > self.columns:
            self.wraps += 1
            self.column = 0
            self.feed()
        line = self.line()
        line.extend(" " * (self.column + width - len(line)))
        # Half of a wide character is none.
        if line[self.column] == "" and self.column > 0:
            line[self.column - 1] = " "
        line[self.column] = char
        if width == 2:
            line[self.column + 1] = ""
        after = self.column + width
        if after < len(line) and line[after] == "":
            line[after] = " "
        self.column = after

    def control(self, char):
        if char == "\n":
            self.feed()
        elif char == "\r":
            self.column = 0
        elif char == "\b":
            self.column = max(0, min(self.column, self.columns - 1) - 1)
        elif char == "\t":
            self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)

    def move(self, row, column):
        self.row = max(0, min(self.rows - 1, row))
        self.column = max(0, min(self.columns - 1, column))
        while len(self.lines) <= self.top + self.row:
            self.lines.append([])

    def erase(self, line, start, end):
        for at in range(start, min(end, len(line))):
            line[at] = " "

    def erase_line(self, how):
        start = 0 if how else self.column
        end = self.column + 1 if how == 1 else self.columns
        self.erase(self.line(), start, end)

    def erase_screen(self, how):
        if how in (2, 3):
            for line in self.lines[self.top :]:
                line.clear()
            return
        self.erase_line(how)
        below = range(self.top + self.row + 1, len(self.lines))
        above = range(self.top, self.top + self.row)
        for at in above if how else below:
            self.lines[at].clear()

    def sequence(self, mark, numbers, final):
        if mark:
            return
        values = [int(number) if number else 0 for number in numbers.split(";")]
        first = max(1, values[0])
        second = max(1, values[1] if len(values) > 1 else 1)
        moves = {
            "A": (self.row - first, self.column),
            "B": (self.row + first, self.column),
            "C": (self.row, self.column + first),
            "D": (self.row, self.column - first),
            "E": (self.row + first, 0),
            "F": (self.row - first, 0),
            "G": (self.row, first - 1),
            "d": (first - 1, self.column),
            "H": (first - 1, second - 1),
            "f": (first - 1, second - 1),
            "u": self.saved,
        }
        if final in moves:
            self.move(*moves[final])
        elif final == "s":
            self.saved = (self.row, self.column)
        elif final == "K":
            self.erase_line(values[0])
        elif final == "J":
            self.erase_screen(values[0])

    def show(self, text):
        for match in TOKEN.finditer(text):
            token = match.group()
            if match.group(3):
                self.sequence(*match.groups())
            elif token == "\x1b7":
                self.saved = (self.row, self.column)
            elif token == "\x1b8":
                self.move(*self.saved)
            elif token < " " or token == "\x7f":
                self.control(token)
            elif not token.startswith("\x1b"):
                self.put(token)

    def picture(self):
        lines = ["".join(line).rstrip() for line in self.lines]
        while lines and lines[-1] == "":
            lines.pop()
        return {"lines": lines, "cursor": [self.top + self.row, self.column], "wraps": self.wraps}


screen = Screen(int(sys.argv[1]), int(sys.argv[2]))
screen.show(sys.stdin.buffer.read().decode("utf-8", "replace"))
print(json.dumps(screen.picture()))
