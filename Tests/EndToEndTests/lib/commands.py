"""What is printed as a command of ours is one: words and options that the programs themselves know."""

import re
import shlex
import subprocess
from functools import cache

import servers

RESPONDER = {"serve", "check", "version", "help"}
PLACEHOLDER = re.compile(r"^(…|\.\.\.|[A-Z][A-Z]+|\[.*|.*\])$")


@cache
def help_of(*words):
    """The help of a command, from the program that reads its options; None where there is no such command."""
    result = subprocess.run([servers.operator(), "help", *words], capture_output=True, text=True, timeout=30)
    usage = re.search(r"^USAGE: countersign (.*)$", result.stdout, re.M)
    if result.returncode or not usage or usage[1].split(" ")[:len(words)] != list(words):
        return None
    return result.stdout


def values(text, name):
    """The values that an argument may have, where its help lists them."""
    flat = " ".join(text.split())
    found = re.search(rf"{re.escape(name)} (?:(?! --).)*?\(values: ([^)]*)\)", flat)
    return found[1].split(", ") if found else None


def faults(words):
    """What is wrong with the words after `countersign`."""
    words = [word for word in words if word not in ("…", "...")]
    if not words or words[0] == "--generate-completion-script":
        return []
    if words[0].startswith("-"):
        words = ["serve", *words]
    command, *rest = words
    if command in ("version", "help"):
        return [] if command == "version" or not rest or PLACEHOLDER.match(rest[0]) else \
            ([] if help_of(*rest) else [f"there is no command {rest[0]!r}"])
    text = help_of(command)
    if text is None:
        return [f"there is no command {command!r}"]
    if "SUBCOMMANDS:" in text and rest and not rest[0].startswith("-") and not PLACEHOLDER.match(rest[0]):
        sub, *rest = rest
        text = help_of(command, sub)
        if text is None:
            return [f"there is no command '{command} {sub}'"]
    found, free = [], []
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            free.append(word)
            continue
        option, _, given = word.partition("=")
        line = re.search(rf"^  {re.escape(option)}( <[^>]*>)?(?:[ ,]|$)", text, re.M)
        if not line:
            found.append(f"'{command}' has no option {option!r}")
        elif line[1]:
            if not given and not rest:
                found.append(f"{option!r} has no value")
            given = given or (rest.pop(0) if rest else "")
            allowed = values(text, f"{option}{line[1]}")
            if allowed and not PLACEHOLDER.match(given) and given not in allowed:
                found.append(f"{option!r} cannot be {given!r}")
    arguments = re.search(r"^ARGUMENTS:\n(.*?)\n\n", text, re.M | re.S)
    if free and not arguments:
        found.append(f"'{command}' takes no {free[0]!r}")
    allowed = values(arguments[1], "") if arguments else None
    found += [f"'{command}' knows no {word!r}" for word in free
              if allowed and not PLACEHOLDER.match(word) and word not in allowed]
    return found


def commands(script):
    """The simple commands of a shell script that begin with our program's name, as lists of words."""
    script = re.sub(r"\\\n\s*", " ", re.sub(r"<<-?'?(\w+)'?.*?\n.*?^\1$", "", script, flags=re.S | re.M))
    found = []
    for line in script.splitlines():
        try:
            words = shlex.shlex(line, posix=True, punctuation_chars="();|&<>")
            words.commenters = "#"
            words.whitespace_split = True
            words = list(words)
        except ValueError:
            continue  # a quotation over several lines: none of our commands
        piece = []
        for word in [*words, ";"]:
            if re.fullmatch("[();|&<>]+", word):
                while piece and ("=" in piece[0] or piece[0] in ("exec", "sudo", "if", "then", "!")):
                    piece.pop(0)
                if piece and piece[0].rsplit("/", 1)[-1] == "countersign":
                    found.append(piece[1:])
                piece = []
            else:
                piece.append(word)
    return found
