"""The texts that stand in Swift sources."""

import re

# In place of what is filled in while the program runs.
FILLED = "\1"


def texts(swift):
    """The string literals; those that are added up are one."""
    whole, end = None, 0
    for start, stop, text in literals(swift):
        if whole is not None and re.fullmatch(r"\s*\+\s*", swift[end:start]):
            whole += text
        else:
            if whole is not None:
                yield whole
            whole = text
        end = stop
    if whole is not None:
        yield whole


def literals(swift):
    """Where each begins and ends, and its text; those of several lines are left out."""
    token = re.compile(r'//[^\n]*|""".*?"""|#?"', re.S)
    found = token.search(swift)
    while found:
        end = found.end()
        if found.group() in ('"', '#"'):
            text, end = literal(swift, end, raw=found.group() == '#"')
            yield found.start(), end, text
        found = token.search(swift, end)


def literal(swift, place, raw):
    """The text from here to the closing quote, and what follows it."""
    close, escape = ('"#', "\\#") if raw else ('"', "\\")
    text = ""
    while not swift.startswith(close, place):
        if swift.startswith(escape + "(", place):
            text, place = text + FILLED, interpolation(swift, place + len(escape) + 1)
        elif swift.startswith(escape, place):
            character = swift[place + len(escape)]
            text, place = text + (character if character in '"\\' else FILLED), place + len(escape) + 1
        else:
            text, place = text + swift[place], place + 1
    return text, place + len(close)


def interpolation(swift, place):
    """What follows the parenthesis that ends it."""
    depth = 1
    while depth:
        if swift[place] == '"':
            place = literal(swift, place + 1, raw=False)[1]
            continue
        depth += {"(": 1, ")": -1}.get(swift[place], 0)
        place += 1
    return place
