"""Go's ``fmt``: Sprint, Sprintln and Sprintf, verb for verb (https://pkg.go.dev/fmt)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vedette.formats.gotemplate.values import fields, kind, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["quote", "sprint", "sprintf", "sprintln", "text"]

_DIRECTIVE = re.compile(
    r"%([-+# 0]*)(?:\[(\d+)\])?(\*|\d+)?(?:(\.)(?:\[(\d+)\])?(\*|\d+)?)?(?:\[(\d+)\])?(.?)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class _Spec:
    minus: bool = False
    plus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    width: int = 0
    precision: int = -1


_PLAIN = _Spec()


def text(value: object) -> str:
    """The value as ``%v`` prints it."""
    if isinstance(value, str):
        return value
    return _format(value, "v", _PLAIN)


def sprint(values: Sequence[object]) -> str:
    """``fmt.Sprint``: a space between two operands when neither is a string."""
    out: list[str] = []
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            out.append(" ")
        out.append(text(value))
    return "".join(out)


def sprintln(values: Sequence[object]) -> str:
    """``fmt.Sprintln``: always a space between operands, and a line end."""
    return " ".join(map(text, values)) + "\n"


def sprintf(form: str, values: Sequence[object]) -> str:
    """``fmt.Sprintf``; a wrong verb or count is told in the text, as Go does, and raises nothing."""
    state = _Arguments(values)
    out = _DIRECTIVE.sub(state.directive, form)
    if not state.reordered and state.next < len(values):
        extra = ["<nil>" if value is None else f"{type_name(value)}={text(value)}" for value in values[state.next :]]
        out += f"%!(EXTRA {', '.join(extra)})"
    return out


class _Arguments:
    """The operands and which comes next."""

    def __init__(self, values: Sequence[object]) -> None:
        self.values = values
        self.next = 0
        self.reordered = False

    def _take(self, explicit: str | None) -> tuple[bool, Any]:
        if explicit:
            self.reordered = True
            self.next = int(explicit) - 1
        if not 0 <= self.next < len(self.values):
            return False, None
        self.next += 1
        return True, self.values[self.next - 1]

    def directive(self, found: re.Match[str]) -> str:
        flags, at_width, width, dot, at_precision, precision, at_value, verb = found.groups()
        spec = _Spec("-" in flags, "+" in flags, "#" in flags, " " in flags, "0" in flags)
        problem = ""
        if width == "*":
            known, value = self._take(at_width)
            if known and isinstance(value, int) and abs(value) <= 1_000_000:
                spec = replace(spec, width=abs(value), minus=spec.minus or value < 0)
            else:
                problem += "%!(BADWIDTH)"
            at_width = None
        elif width:
            spec = replace(spec, width=min(int(width), 1_000_000))
        if dot:
            spec = replace(spec, precision=int(precision) if precision and precision != "*" else 0)
            if precision == "*":
                known, value = self._take(at_precision)
                if known and isinstance(value, int) and 0 <= value <= 1_000_000:
                    spec = replace(spec, precision=value)
                else:
                    problem += "%!(BADPREC)"
                    spec = replace(spec, precision=-1)
                at_precision = None
        if spec.minus:
            spec = replace(spec, zero=False)
        if not verb:
            return problem + "%!(NOVERB)"
        if verb == "%":
            return problem + "%"
        explicit = at_value or at_precision or at_width
        known, value = self._take(explicit)
        if not known:
            return problem + (f"%!{verb}(BADINDEX)" if explicit else f"%!{verb}(MISSING)")
        return problem + _format(value, verb, spec)


def _format(value: Any, verb: str, spec: _Spec) -> str:
    if verb == "T":
        return _pad(type_name(value), spec)
    if value is None:
        return _pad("<nil>", spec) if verb == "v" else f"%!{verb}(<nil>)"
    if verb in "vsqxX" and type(value).__str__ not in _BUILTIN_STR and not (verb in "xX" and isinstance(value, int)):
        return _string(str(value), verb, spec, value)
    found = kind(value)
    if found in ("slice", "map", "struct"):
        return _compound(value, found, verb, spec)
    return _SCALARS[found](value, verb, spec)


_BUILTIN_STR: frozenset[Callable[..., str]] = frozenset(
    {object.__str__, str.__str__, int.__str__, float.__str__, bool.__str__, dict.__str__, list.__str__, tuple.__str__}
)


def _compound(value: Any, found: str, verb: str, spec: _Spec) -> str:
    if found == "slice":
        return f"[{' '.join(_format(item, verb, spec) for item in value)}]"
    if found == "map":
        pairs = sorted(value.items(), key=lambda pair: str(pair[0]))
        inner = " ".join(f"{_format(key, verb, spec)}:{_format(item, verb, spec)}" for key, item in pairs)
        return f"map[{inner}]"
    named = spec.plus and verb == "v"
    parts = (
        f"{name}:{_format(item, verb, spec)}" if named else _format(item, verb, spec) for name, item in fields(value)
    )
    return f"{{{' '.join(parts)}}}"


def _bad(value: object, verb: str) -> str:
    return f"%!{verb}({type_name(value)}={text(value)})"


def _bool(value: Any, verb: str, spec: _Spec) -> str:
    return _pad("true" if value else "false", spec) if verb in "vt" else _bad(value, verb)


_BASES = {
    "d": ("d", ""),
    "v": ("d", ""),
    "b": ("b", "0b"),
    "o": ("o", "0"),
    "O": ("o", "0o"),
    "x": ("x", "0x"),
    "X": ("X", "0X"),
}


def _int(value: Any, verb: str, spec: _Spec) -> str:
    value = int(value)
    if verb in _BASES:
        code, prefix = _BASES[verb]
        digits = format(abs(value), code)
        if spec.precision >= 0:
            digits = "" if spec.precision == 0 and value == 0 else digits.rjust(spec.precision, "0")
        if spec.sharp or verb == "O":
            digits = prefix + digits
        sign = "-" if value < 0 else "+" if spec.plus else " " if spec.space else ""
        if spec.zero and spec.precision < 0:
            digits = digits.rjust(spec.width - len(sign), "0")
        return _pad(sign + digits, replace(spec, zero=False))
    character = chr(value) if 0 <= value <= 0x10FFFF else "\ufffd"
    if verb == "c":
        return _pad(character, spec)
    if verb == "q":
        inner = "\\'" if character == "'" else '"' if character == '"' else quote(character)[1:-1]
        return _pad(f"'{inner}'", spec)
    if verb == "U":
        return _pad(f"U+{value:04X}" + (f" '{character}'" if spec.sharp else ""), spec)
    return _bad(value, verb)


def _float(value: Any, verb: str, spec: _Spec) -> str:
    if verb not in "vgGeEfFxX":
        return _bad(value, verb)
    value = float(value)
    if math.isnan(value):
        number = "+NaN" if spec.plus else " NaN" if spec.space else "NaN"
    elif math.isinf(value):
        number = "-Inf" if value < 0 else " Inf" if spec.space and not spec.plus else "+Inf"
    else:
        number = _digits(abs(value), "g" if verb == "v" else verb, spec)
        sign = "-" if math.copysign(1, value) < 0 else "+" if spec.plus else " " if spec.space else ""
        if spec.zero:
            number = number.rjust(spec.width - len(sign), "0")
        number = sign + number
    return _pad(number, replace(spec, zero=False))


def _digits(value: float, verb: str, spec: _Spec) -> str:
    if verb in "xX":
        mantissa, exponent = value.hex().split("p")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        shown = f"{mantissa or '0x0'}p{exponent[0]}{exponent[1:].rjust(2, '0')}"
        return shown.upper() if verb == "X" else shown
    sharp = "#" if spec.sharp else ""
    if verb in "gG" and spec.precision < 0:
        shown = _shortest(value)
        return shown.upper() if verb == "G" else shown
    precision = 6 if spec.precision < 0 else spec.precision
    return format(value, f"{sharp}.{precision}{verb}")


def _shortest(value: float) -> str:
    """``%g`` with the fewest digits that read back as the same number, so a million is ``1e+06``."""
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    part = "" if part == "0" else part
    point = len(whole) + int(exponent or 0)
    digits = whole + part
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    power = point - 1
    if power < -4 or power >= _EXPONENT_FROM:
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{digits[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return f"{digits[:point]}.{digits[point:]}"


_EXPONENT_FROM = 6  # strconv.FormatFloat(v, 'g', -1, 64) decides as for six digits


def _string(value: str, verb: str, spec: _Spec, original: object) -> str:
    if verb in "xX":
        data = value.encode()[: spec.precision if spec.precision >= 0 else None]
        shown = data.hex(" ") if spec.space else data.hex()
        return _pad(shown.upper() if verb == "X" else shown, spec)
    if spec.precision >= 0:
        value = value[: spec.precision]
    if verb == "q":
        raw = spec.sharp and "`" not in value and all(char.isprintable() or char == "\t" for char in value)
        return _pad(f"`{value}`" if raw else quote(value, ascii_only=spec.plus), spec)
    if verb in "vs":
        return _pad(value, spec)
    return _bad(original, verb)


_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def quote(value: str, *, ascii_only: bool = False) -> str:
    """``strconv.Quote``: double quotes with Go's escapes."""
    return f'"{"".join(_quoted(char, ascii_only) for char in value)}"'


def _quoted(char: str, ascii_only: bool) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if char.isprintable() and (code < 0x80 or not ascii_only):
        return char
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _pad(shown: str, spec: _Spec) -> str:
    if spec.minus:
        return shown.ljust(spec.width)
    return shown.rjust(spec.width, "0" if spec.zero else " ")


_SCALARS: dict[str, Callable[[Any, str, _Spec], str]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "string": lambda value, verb, spec: _string(value, verb, spec, value),
}
