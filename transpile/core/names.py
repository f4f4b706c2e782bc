"""Names: the injective mangler, and scopes that hand out unique C++ identifiers.

Text from a model becomes an identifier in no other way.  Identifiers are ASCII, never reserved in C++17, never a macro of a
common platform, never a name that generated code uses unqualified, and always of the form ``word(_word)*``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*\Z")
_HASHED = re.compile(r".*_x[0-9a-f]{12}\Z", re.DOTALL)
_LONGEST = 64
_NUMBERED = re.compile(r"___torch_mangle_\d+\.")

_KEYWORDS = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class co_await co_return
co_yield compl concept const consteval constexpr constinit const_cast continue decltype default delete do double dynamic_cast
else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq
nullptr operator or or_eq override private protected public register reinterpret_cast requires return short signed sizeof
static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union
unsigned using virtual void volatile wchar_t while xor xor_eq final import module
""".split()
_MACROS = """
EOF NULL NAN INFINITY HUGE_VAL HUGE_VALF HUGE_VALL BUFSIZ RAND_MAX CLOCKS_PER_SEC EXIT_SUCCESS EXIT_FAILURE assert errno
stdin stdout stderr major minor makedev unix linux i386 near far small hyper interface min max I complex imaginary signal
setjmp offsetof isnan isinf isfinite isnormal signbit fpclassify va_start va_end va_arg va_copy DOMAIN OVERFLOW UNDERFLOW
PASCAL IN OUT OPTIONAL CONST ERROR DELETE TRUE FALSE BOOL INT UINT LONG CHAR VOID DIFFERENCE alloca MIN MAX PI M_PI E M_E
SIGINT SIGSEGV SIGTERM SIGABRT SIGFPE SIGILL ERANGE EDOM EILSEQ TMP_MAX FILENAME_MAX FOPEN_MAX L_tmpnam SEEK_SET SEEK_CUR
SEEK_END WEOF WCHAR_MIN WCHAR_MAX PTRDIFF_MAX SIZE_MAX INT_MAX INT_MIN LONG_MAX LONG_MIN CHAR_BIT TIME_UTC ATOMIC_FLAG_INIT
""".split()
_RUNTIME = """
std ts2cpp Tensor ops math kernels io List Dict Scalar DType Future IntSpan TensorSpan Error Frame Affine at main load size_t
int64_t uint8_t int8_t int16_t int32_t uint16_t uint32_t uint64_t ptrdiff_t printf puts exit abort free malloc environ
y0 y1 yn j0 j1 jn gamma index time clock div abs select read write open close link pipe remove rename signal stat raise
""".split()
RESERVED = frozenset(_KEYWORDS) | frozenset(_MACROS) | frozenset(_RUNTIME)
# Names with a meaning at global or member scope that a local variable may shadow without harm.
_LOCAL_OK = frozenset(
    "gamma index time clock div select read write open close link pipe remove rename stat E I PI".split()
) - {"I"}


def is_plain(name: str) -> bool:
    """Whether ``name`` can stand in C++ as it is."""
    return len(name) <= _LONGEST and _PLAIN.match(name) is not None and name not in RESERVED and not _HASHED.match(name)


def without_numbers(text: str) -> str:
    """A qualified name, or a text with some, without what keeps apart things of one name: ``___torch_mangle_0.``."""
    return _NUMBERED.sub("", text)


def readable(name: str, fallback: str = "value") -> str:
    """An identifier that resembles ``name``; different names may give the same one."""
    if is_plain(name):
        return name
    words = [w for w in re.split(r"[^A-Za-z0-9]+", name) if w]
    text = "_".join(words)[:_LONGEST].strip("_") or fallback
    if text[0].isdigit():
        text = f"{fallback}_{text}" if fallback else f"n{text}"
    if text in RESERVED or _HASHED.match(text):
        text += "_value" if fallback == "value" else f"_{fallback}"
    return text


def mangle(name: str, fallback: str = "name") -> str:
    """An identifier for ``name``, different for different names.

    A name that can stand as it is stays; any other becomes its readable part and twelve digits of its hash.
    """
    if is_plain(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{readable(name, fallback)[:_LONGEST]}_x{digest}"


class NameScope:
    """Unique identifiers of one C++ scope.

    Names that can stand as they are should be claimed first, so that only the others change on a collision.
    """

    def __init__(self, parent: NameScope | None = None, taken: Iterable[str] = ()) -> None:
        self._parent = parent
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._taken or (self._parent is not None and name in self._parent)

    def claim(self, name: str) -> str:
        """Take ``name`` itself, which must be a valid identifier."""
        self._taken.add(name)
        return name

    def unique(self, hint: str, fallback: str = "value") -> str:
        """A new identifier that resembles ``hint``: the hint itself, or with the next free number."""
        base = hint if hint in _LOCAL_OK else readable(hint, fallback)
        name = base
        while name in self or (name in RESERVED and name not in _LOCAL_OK):
            number = self._next.get(base, 1) + 1
            self._next[base] = number
            name = f"{base}_{number}" if not base[-1].isdigit() else f"{base}_v{number}"
        self._taken.add(name)
        return name

    def unique_all(self, hints: Iterable[str], fallback: str = "value") -> dict[str, str]:
        """Identifiers for several names of one scope; those that can stand as they are keep their spelling."""
        hints = list(dict.fromkeys(hints))
        result: dict[str, str] = {}
        for hint in hints:
            if is_plain(hint) and hint not in self:
                result[hint] = self.claim(hint)
        for hint in hints:
            if hint not in result:
                result[hint] = self.unique(hint, fallback)
        return {hint: result[hint] for hint in hints}


def upper(name: str) -> str:
    """An identifier as a CMake option prefix: upper case, digits and underscores."""
    return mangle(name).upper()
