"""Lexer and parser of ``text/template``: text → a tree whose nodes know their offset."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from vedette.errors import VedetteError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

__all__ = [
    "Action", "Argument", "Body", "Branch", "Break", "Call", "Chain", "Constant", "Continue", "Dot", "Field",
    "Function", "Include", "Node", "Pipeline", "Source", "TemplateError", "Text", "Tree", "Variable", "parse",
]  # fmt: skip


class TemplateError(VedetteError):
    """A template cannot be parsed or executed. ``line`` and ``column`` are 1-based."""

    def __init__(self, message: str, name: str, line: int, column: int) -> None:
        super().__init__(
            f"template {name}:{line}:{column}: {message}" if name else f"template:{line}:{column}: {message}"
        )
        self.message = message
        self.name = name
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Source:
    """A template text and the name it goes by in messages."""

    name: str
    text: str

    def error(self, message: str, position: int) -> TemplateError:
        """The error at this offset."""
        line = self.text.count("\n", 0, position) + 1
        return TemplateError(message, self.name, line, position - self.text.rfind("\n", 0, position))


@dataclass(frozen=True, slots=True)
class Text:
    """Text outside the delimiters."""

    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """``.``."""

    position: int


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: string, number, bool or nil. ``ideal`` where an integer may also serve as a float."""

    value: str | int | float | bool | None
    position: int
    ideal: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """``.A.B``."""

    names: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Variable:
    """``$x`` or ``$x.A``; the name comes with its dollar."""

    name: str
    fields: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function's name."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Chain:
    """``(pipeline).A``."""

    of: Argument
    fields: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """An operand and its arguments: ``printf "%d" .N``."""

    first: Argument
    arguments: tuple[Argument, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``, perhaps stored in variables."""

    variables: tuple[str, ...]
    declares: bool
    commands: tuple[Call, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose value is printed."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Branch:
    """``if``, ``with`` or ``range``."""

    keyword: str
    pipeline: Pipeline
    body: Body
    otherwise: Body
    position: int


@dataclass(frozen=True, slots=True)
class Include:
    """``template "name" pipeline``."""

    name: str
    pipeline: Pipeline | None
    position: int


@dataclass(frozen=True, slots=True)
class Break:
    """Leave the loop."""


@dataclass(frozen=True, slots=True)
class Continue:
    """Next turn of the loop."""


Argument = Dot | Constant | Field | Variable | Function | Chain | Pipeline
Node = Text | Action | Branch | Include | Break | Continue
Body = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """One named template."""

    body: Body
    source: Source = field(repr=False)


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


_OPEN = re.compile(r"\{\{(?:-(?=[ \t\r\n]))?")
_TOKEN = re.compile(
    r"""(?P<trimclose>[ \t\r\n]+-\}\})
    |(?P<close>\}\})
    |(?P<space>[ \t\r\n]+)
    |(?P<string>"(?:\\.|[^"\\\n])*")
    |(?P<raw>`[^`]*`)
    |(?P<char>'(?:\\.|[^'\\\n])+')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?))
    |(?P<field>\.[^\W\d]\w*)
    |(?P<variable>\$\w*)
    |(?P<declare>:=)|(?P<assign>=)|(?P<pipe>\|)|(?P<left>\()|(?P<right>\))|(?P<comma>,)|(?P<dot>\.)
    |(?P<word>[^\W\d]\w*)""",
    re.VERBOSE,
)
_KEYWORDS = frozenset("block break continue define else end if nil range template with".split())  # noqa: SIM905 - a word list
_WORDLIKE = frozenset(("field", "variable", "word", "number", "char"))
_TERMINATORS = frozenset(" \t\r\n.,|:)(=")


def _lex(source: Source) -> list[_Token]:
    text, out, position, trim = source.text, [], 0, False
    while True:
        opened = _OPEN.search(text, position)
        chunk = text[position : opened.start()] if opened else text[position:]
        if trim:
            chunk = chunk.lstrip(" \t\r\n")
        if opened and opened.group() == "{{-":
            chunk = chunk.rstrip(" \t\r\n")
        if chunk:
            out.append(_Token("text", chunk, position))
        if opened is None:
            out.append(_Token("eof", "", len(text)))
            return out
        start, position = opened.start(), opened.end()
        inside = position + (re.match(r"[ \t\r\n]*", text[position:]).end() if opened.group() == "{{-" else 0)  # type: ignore[union-attr]
        if text.startswith("/*", inside):
            position, trim = _comment(source, start, inside)
            continue
        out.append(_Token("open", opened.group(), start))
        position, trim = _inside(source, position, start, out)


def _comment(source: Source, start: int, inside: int) -> tuple[int, bool]:
    end = source.text.find("*/", inside + 2)
    if end < 0:
        raise source.error("unclosed comment", start)
    closing = re.compile(r"(?:[ \t\r\n]+-)?\}\}").match(source.text, end + 2)
    if closing is None:
        raise source.error("comment ends before closing delimiter", start)
    return closing.end(), closing.group() != "}}"


def _inside(source: Source, position: int, start: int, out: list[_Token]) -> tuple[int, bool]:
    """Tokens up to the closing delimiter; gives where it ends and whether it trims."""
    text = source.text
    while True:
        found = _TOKEN.match(text, position)
        if found is None:
            raise source.error(_unreadable(text, position), start if position >= len(text) else position)
        kind, value = found.lastgroup or "", found.group()
        end = found.end()
        if kind in ("close", "trimclose"):
            out.append(_Token("close", value, position))
            return end, kind == "trimclose"
        following = text[end : end + 1]
        if kind in _WORDLIKE and following and following not in _TERMINATORS and not text.startswith("}}", end):
            what = "bad number syntax" if kind == "number" else f"unexpected {following!r} after {value!r}"
            raise source.error(what, end)
        if kind == "word":
            kind = "keyword" if value in _KEYWORDS else "bool" if value in ("true", "false") else "word"
        out.append(_Token(kind, value, position))
        position = end


def _unreadable(text: str, position: int) -> str:
    if position >= len(text):
        return "unclosed action: no }} follows"
    character = text[position]
    names = {
        '"': "unterminated quoted string",
        "`": "unterminated raw quoted string",
        "'": "unterminated character constant",
    }
    return names.get(character, f"unexpected character {character!r} in an action")


def parse(source: Source, functions: Container[str], variables: Iterable[str] = ()) -> tuple[Tree, dict[str, Tree]]:
    """The main tree and the templates it defines.

    Raises:
        TemplateError: the text is not a template, or names an unknown function or variable.
    """
    return _Parser(source, functions, variables).whole()


class _Parser:
    """Recursive descent, one token ahead."""

    def __init__(self, source: Source, functions: Container[str], variables: Iterable[str]) -> None:
        self.source = source
        self.tokens = _lex(source)
        self.index = 0
        self.functions = functions
        self.start = ["$", *(f"${name}" for name in variables)]
        self.scope = list(self.start)
        self.loops = 0
        self.defined: dict[str, Tree] = {}

    def whole(self) -> tuple[Tree, dict[str, Tree]]:
        body, ended = self._body(top=True)
        if ended:
            raise self.source.error(f"unexpected {{{{{ended.text}}}}}", ended.position)
        return Tree(body, self.source), self.defined

    # Tokens

    def _next(self) -> _Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def _peek(self) -> _Token:
        return self.tokens[self.index]

    def _skip_space(self) -> _Token:
        while self.tokens[self.index].kind == "space":
            self.index += 1
        return self.tokens[self.index]

    def _expect(self, kind: str, context: str) -> _Token:
        token = self._skip_space()
        if token.kind != kind:
            raise self._unexpected(token, context)
        self.index += 1
        return token

    def _unexpected(self, token: _Token, context: str) -> TemplateError:
        shown = "end of text" if token.kind == "eof" else repr(token.text)
        return self.source.error(f"unexpected {shown} in {context}", token.position)

    # Bodies

    def _body(self, *, top: bool = False) -> tuple[Body, _Token | None]:
        """Nodes up to ``end`` or ``else`` (whose keyword is the second value) or the end of the text."""
        out: list[Node] = []
        while True:
            token = self._next()
            if token.kind == "eof":
                return tuple(out), None
            if token.kind == "text":
                out.append(Text(token.text))
                continue
            first = self._skip_space()
            if first.kind == "keyword" and first.text in ("end", "else"):
                self.index += 1
                return tuple(out), first
            if first.kind == "keyword" and first.text == "define":
                if not top:
                    raise self._unexpected(first, "a nested block; define belongs at the top level")
                self._define()
                continue
            out.append(self._action(first))

    def _action(self, first: _Token) -> Node:
        if first.kind != "keyword" or first.text == "nil":
            return Action(self._pipeline("command", "close"))
        self.index += 1
        match first.text:
            case "if" | "with" | "range":
                return self._branch(first)
            case "template":
                name = self._name("template clause")
                pipeline = None
                if self._skip_space().kind == "close":
                    self.index += 1
                else:
                    pipeline = self._pipeline("template clause", "close")
                return Include(name, pipeline, first.position)
            case "block":
                return self._block(first)
            case keyword:
                if self.loops == 0:
                    raise self.source.error(f"{{{{{keyword}}}}} outside {{{{range}}}}", first.position)
                self._expect("close", keyword)
                return Break() if keyword == "break" else Continue()

    def _name(self, context: str) -> str:
        token = self._skip_space()
        if token.kind not in ("string", "raw"):
            raise self._unexpected(token, context)
        self.index += 1
        return self._unquote(token)

    def _define(self) -> None:
        keyword = self._next()
        name = self._name("define clause")
        self._expect("close", "define clause")
        self._add(name, self._separate(keyword))

    def _block(self, keyword: _Token) -> Include:
        name = self._name("block clause")
        pipeline = self._pipeline("block clause", "close")
        self._add(name, self._separate(keyword))
        return Include(name, pipeline, keyword.position)

    def _separate(self, keyword: _Token) -> Body:
        """The body of a definition: its own variables, no loop around it."""
        scope, loops = self.scope, self.loops
        self.scope, self.loops = list(self.start), 0
        body, ended = self._body()
        self.scope, self.loops = scope, loops
        self._close(ended, keyword)
        return body

    def _add(self, name: str, body: Body) -> None:
        blank = all(isinstance(node, Text) and not node.text.strip() for node in body)
        if name not in self.defined or not blank:
            self.defined[name] = Tree(body, self.source)

    def _close(self, ended: _Token | None, keyword: _Token) -> None:
        if ended is None:
            raise self.source.error(f"{{{{{keyword.text}}}}} has no {{{{end}}}}", keyword.position)
        if ended.text != "end":
            raise self._unexpected(ended, keyword.text)
        self._expect("close", "end")

    def _branch(self, keyword: _Token) -> Branch:
        depth = len(self.scope)
        word = keyword.text
        pipeline = self._pipeline(word, "close")
        self.loops += word == "range"
        body, ended = self._body()
        self.loops -= word == "range"
        otherwise: Body = ()
        if ended is not None and ended.text == "else":
            follow = self._skip_space()
            if follow.kind == "keyword" and follow.text == word and word in ("if", "with"):
                self.index += 1
                otherwise = (self._branch(follow),)
                del self.scope[depth:]
                return Branch(word, pipeline, body, otherwise, keyword.position)
            self._expect("close", "else")
            otherwise, ended = self._body()
            if ended is not None and ended.text == "else":
                raise self.source.error("expected {{end}}; found a second {{else}}", ended.position)
        self._close(ended, keyword)
        del self.scope[depth:]
        return Branch(word, pipeline, body, otherwise, keyword.position)

    # Pipelines

    def _pipeline(self, context: str, end: str) -> Pipeline:
        start = self._skip_space()
        variables, declares = self._declaration(context)
        commands: list[Call] = []
        while True:
            token = self._skip_space()
            if token.kind == end:
                self.index += 1
                break
            if token.kind in ("pipe", "declare", "assign", "comma", "right", "close", "eof", "open") or (
                token.kind == "keyword" and token.text != "nil"
            ):
                raise self._unexpected(token, context)
            commands.append(self._command(context))
        if not commands:
            raise self.source.error(f"missing value for {context}", start.position)
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.first, (Constant, Dot)):
                raise self.source.error(f"non executable command in pipeline stage {stage}", command.position)
        # a name is known from here on, not in its own value
        self.scope += variables if declares else ()
        return Pipeline(variables, declares, tuple(commands), start.position)

    def _declaration(self, context: str) -> tuple[tuple[str, ...], bool]:
        saved, names = self.index, []
        while self._skip_space().kind == "variable":
            names.append(self._next())
            token = self._skip_space()
            if token.kind == "comma" and context == "range" and len(names) == 1:
                self.index += 1
                continue
            if token.kind in ("declare", "assign"):
                self.index += 1
                if token.kind == "assign":
                    for name in names:
                        self._known(name)
                return tuple(name.text for name in names), token.kind == "declare"
            if token.kind == "comma":
                what = "too many declarations in range" if context == "range" else f"unexpected ',' in {context}"
                raise self.source.error(what, token.position)
            break
        self.index = saved
        return (), False

    def _known(self, token: _Token) -> None:
        if token.text not in self.scope:
            raise self.source.error(f"undefined variable {token.text!r}", token.position)

    def _command(self, context: str) -> Call:
        start = self._skip_space()
        operands: list[Argument] = []
        while True:
            self._skip_space()
            operand = self._operand()
            if operand is not None:
                operands.append(operand)
            token = self._next()
            if token.kind == "space":
                continue
            if token.kind in ("close", "right"):
                self.index -= 1
                break
            if token.kind == "pipe":
                if self._skip_space().kind in ("close", "right"):
                    raise self.source.error(f"missing value after '|' in {context}", token.position)
                break
            raise self._unexpected(token, "operand")
        if not operands:
            raise self.source.error("empty command", start.position)
        first = operands[0]
        if len(operands) == 1 and isinstance(first, Constant) and first.value is None:
            raise self.source.error("nil is not a command", start.position)
        return Call(first, tuple(operands[1:]), start.position)

    def _operand(self) -> Argument | None:
        node = self._term()
        if node is None or self._peek().kind != "field":
            return node
        position, names = self._peek().position, []
        while self._peek().kind == "field":
            names.append(self._next().text[1:])
        match node:
            case Field():
                return Field((*node.names, *names), node.position)
            case Variable():
                return Variable(node.name, (*node.fields, *names), node.position)
            case Constant() | Dot():
                raise self.source.error(f"unexpected .{names[0]} after a literal", position)
            case _:
                return Chain(node, tuple(names), position)

    def _term(self) -> Argument | None:
        token = self._next()
        match token.kind:
            case "word":
                if token.text not in self.functions:
                    raise self.source.error(f"function {token.text!r} not defined", token.position)
                return Function(token.text, token.position)
            case "dot":
                return Dot(token.position)
            case "bool":
                return Constant(token.text == "true", token.position)
            case "keyword" if token.text == "nil":
                return Constant(None, token.position)
            case "field":
                return Field((token.text[1:],), token.position)
            case "variable":
                self._known(token)
                return Variable(token.text, (), token.position)
            case "number":
                return self._number(token)
            case "char":
                value = self._unquote(token)
                if len(value) != 1:
                    raise self.source.error(f"malformed character constant: {token.text}", token.position)
                return Constant(ord(value), token.position, ideal=True)
            case "string" | "raw":
                return Constant(self._unquote(token), token.position)
            case "left":
                return self._pipeline("parenthesized pipeline", "right")
        self.index -= 1
        return None

    def _number(self, token: _Token) -> Constant:
        text = token.text.replace("_", "")
        try:
            if re.fullmatch(r"[+-]?(0[xXbBoO]\w+|\d+)", text):
                octal = re.fullmatch(r"[+-]?0\d+", text)
                return Constant(int(text, 8 if octal else 0), token.position, ideal=True)
            return Constant(float(text), token.position)
        except ValueError:
            raise self.source.error(f"illegal number syntax: {token.text!r}", token.position) from None

    def _unquote(self, token: _Token) -> str:
        if token.kind == "raw":
            return token.text[1:-1]
        try:
            return _ESCAPE.sub(_unescape, token.text[1:-1])
        except ValueError:
            raise self.source.error(f"invalid escape in {token.text}", token.position) from None


_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}


def _unescape(found: re.Match[str]) -> str:
    byte, short, long, octal, simple = found.groups()
    if simple is not None:
        if simple not in _SIMPLE:
            raise ValueError(simple)
        return _SIMPLE[simple]
    return chr(int(octal, 8) if octal else int(byte or short or long, 16))
