"""The public words are frozen: what a word or a command takes today it takes tomorrow, in the same order, with the same defaults.

More may be added, if it needs not be given. `public_words.txt` holds what was promised; ``python tests/house/test_public_words.py``
prints what there is.
"""

import inspect
from pathlib import Path

import pkh_graduation as pkh
from pkh_graduation.workflows.settings import Settings

PROMISED = Path(__file__).with_name("public_words.txt")


def words() -> list[str]:
    """A line per parameter of every public word, per option of every command, and per setting."""
    lines = []
    for word in pkh.__all__:
        lines.append(word)
        lines += [_line(word, parameter) for parameter in inspect.signature(getattr(pkh, word)).parameters.values()]
    parts = Settings.model_fields.items()
    settings = [f"pkh.toml {name}.{key}" for name, part in parts for key in part.annotation.model_fields]
    return [*lines, *commands(), *settings]


def promised() -> set[str]:
    return set(PROMISED.read_text(encoding="utf-8").splitlines())


def _line(word, parameter) -> str:
    given = "" if parameter.default is parameter.empty else f" = {_default(parameter.default)}"
    return f"{word} {parameter.kind.description}: {parameter.name}{given}"


def commands() -> list[str]:
    """A line per command and per option of it."""
    from typer.main import get_command

    from pkh_graduation.cli.app import app

    return list(_below(get_command(app), "pkh-graduation"))


def _below(command, name):
    for option in command.params:
        if not {"--help", "--install-completion", "--show-completion"} & set(option.opts):
            yield f"{name} {' '.join([*option.opts, *option.secondary_opts])}"
    for below, one in getattr(command, "commands", {}).items():
        yield f"{name} {below}"
        yield from _below(one, f"{name} {below}")


def _default(value: object) -> str:
    return getattr(value, "__name__", None) or repr(value)


def test_every_promised_word_is_kept():
    lost = promised() - set(words())
    assert not lost, f"public words are frozen; these are gone or changed: {sorted(lost)}"


def test_what_was_added_need_not_be_given():
    asked = [
        f"{word}({parameter.name})"
        for word in pkh.__all__
        for parameter in inspect.signature(getattr(pkh, word)).parameters.values()
        if parameter.default is parameter.empty and _line(word, parameter) not in promised()
    ]
    assert not asked, f"what calls these words today lacks {asked}"


def test_no_parameter_changed_its_place():
    """A new parameter that may be given without its name stands after the promised ones."""
    before, now = PROMISED.read_text(encoding="utf-8").splitlines(), words()
    for word in pkh.__all__:
        mark = f"{word} positional or keyword: "
        old, new = ([line for line in lines if line.startswith(mark)] for lines in (before, now))
        assert new[: len(old)] == old


if __name__ == "__main__":
    print("\n".join(words()))
