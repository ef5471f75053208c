"""What secrets and personal data look like: the table that `vedette.instruments.redaction` searches by.

Every pattern is bounded, so that a text made to be slow is not. The values in it follow the makers' own pages and
https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CARD", "IBAN", "LONG", "RULES", "Rule", "card", "iban_length"]


class Rule(NamedTuple):
    """What one kind of thing looks like."""

    hints: tuple[str, ...]
    """In lower case; a text without one of them has nothing that the pattern finds."""
    pattern: str
    replacement: str | Callable[[re.Match[str]], str]
    shortest: int = 0
    """Of a text in which it finds something."""


# What is no word of a sentence: it has a digit, or is long.
_OPAQUE = r"(?:(?=\S{0,200}\d)[\w.~+/=-]{8,}|[\w.~+/=-]{20,})"
# What stands where a value comes later, as in a statement or a format, or says that there is none.
_EMPTY = (
    r"(?!\\?[\"']?(?:\?|%\w\b|%\(|\$\d|\$?\{|:\w+\b|<|\*+|\["
    r"|(?:true|false|null|none|nil|undefined|required|missing|invalid|expired)\b))"
)
_VALUE = (
    r"(?:(?P<quote>\\?[\"'])(?:(?!(?P=quote))(?:\\.|[^\r\n])){1,512}(?P=quote)?"
    r"|(?:[^\s\"'&;,<>(){}\[\]\\]|,(?![\s\"']|\w{1,40}=)|\\(?![\"'])){1,512})"
)
# The end of a name and what stands between it and its value, in code, JSON (within JSON, too), headers and forms.
_GIVEN = r"(?:\\?[\"']\]?\s{0,3}[:=]\s{0,3}|\s{0,3}=\s{0,3})"

# Programs that stand where a person would before an @: celery@host, rabbit@host, git@github.com.
_PROGRAM = r"(?i)(?:celery|worker|beat|rabbit|git|hg|svn)[\w.-]*"
# Ends of what is no address, though it has an @: units of systemd, and files with a version in their name.
_NO_DOMAIN = (
    r"(?i).*\.(?:service|socket|mount|slice|timer|scope|target|device|swap|path"
    r"|tgz|tar|gz|whl|jar|m?js|css|json|ya?ml|toml|lock|py)"
)


def _email(found: re.Match[str]) -> str:
    is_none = re.fullmatch(_PROGRAM, found["local"]) or re.fullmatch(_NO_DOMAIN, found["domain"])
    return found[0] if is_none else "[email]"


LONG = 20
"""Of the shortest key of a maker."""

# Beginnings by which the makers of tokens have them found.
_VENDORS = {
    ("akia", "asia", "abia", "acca"): r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])",  # AWS
    ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"): r"gh[pousr]_[A-Za-z0-9]{30,}",  # GitHub
    ("github_pat_",): r"github_pat_\w{22,}",
    ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-"): r"gl(?:pat|dt|rt|cbt|ptt)-[\w-]{20,}",  # GitLab
    ("xox", "xapp-"): r"(?:xox[a-z]|xapp)-[\w-]{15,}",  # Slack
    ("hooks.slack.com/",): r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]+",
    ("com/api/webhooks/",): r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]+",
    (".webhook.office.com/",): r"[\w-]{1,63}\.webhook\.office\.com/[\w@/-]+",
    ("k_live_", "k_test_"): r"[sr]k_(?:live|test)_(?=[A-Za-z]{0,100}\d)[A-Za-z0-9]{16,}",  # Stripe
    ("whsec_",): r"whsec_[A-Za-z0-9+/=]{20,}",
    ("aiza",): r"AIza[\w-]{35}",  # Google
    ("ya29.",): r"ya29\.[\w-]{20,}",
    ("gocspx-",): r"GOCSPX-[\w-]{20,}",
    ("sk-",): r"sk-(?=[\w-]{0,100}\d)[\w-]{20,}",  # OpenAI, Anthropic and their like
    ("sg.",): r"SG\.[\w-]{16,}\.[\w-]{16,}",  # SendGrid
    ("npm_",): r"npm_[A-Za-z0-9]{30,}",
    ("pypi-age",): r"pypi-AgE[\w-]{40,}",
    ("hf_",): r"hf_[A-Za-z0-9]{30,}",  # Hugging Face
    ("o_v1_", "p_v1_", "r_v1_"): r"do[opr]_v1_[a-f0-9]{32,}",  # DigitalOcean
    ("shpat_", "shpca_", "shppa_", "shpss_"): r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",  # Shopify
    ("dapi",): r"dapi[a-f0-9]{32}",  # Databricks
    ("hvs.", "hvb.", "hvr."): r"hv[sbr]\.[\w-]{20,}",  # Vault
    ("glsa_", "glc_"): r"gl(?:sa_[A-Za-z0-9]{20}|c_[A-Za-z0-9+/=]{32})[\w+/=]*",  # Grafana
    ("lin_api_",): r"lin_api_[A-Za-z0-9]{32,}",  # Linear
    ("sntrys_", "sntryu_"): r"sntry[su]_[\w+/=-]{20,}",  # Sentry
    ("atatt3",): r"ATATT3[\w=-]{20,}",  # Atlassian
    ("key-",): r"key-[a-f0-9]{32}(?![a-f0-9])",  # Mailgun
    (":aa",): r"\d{8,10}:AA[\w-]{32,}",  # Telegram
}

# In this order: what holds another comes before it.
RULES = (
    Rule(
        ("private key",),
        r"(?is)-----BEGIN [a-z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r".*?(?:-----END [a-z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
        "[private key]",
        LONG,
    ),
    Rule(("eyj",), r"(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)*", "[token]", LONG),
    # To the last @ before the path; or to the first one after a slash that nobody has quoted, where no port can be.
    Rule(
        ("://",),
        r"(?<=://)(?:[^\s/?#@:\"'<>]{0,256}:(?:[^\s/?#\"'<>]{0,256}|(?!\d{1,5}(?:[/?#]|$))[^\s@\"'<>]{1,256})"
        r"|[^\s/?#@:\"'<>]{16,256})@",
        "[credentials]@",
    ),
    Rule(
        ("authorization",),
        r"(?i)(?P<kept>authorization\\?[\"']?\s{0,3}[:=]\s{0,3})(?P<quote>\\?[\"'])?"
        r"(?:(?:basic|bearer|digest|token|negotiate|apikey|aws4-hmac-sha256)\s"
        r"(?(quote)(?:(?!(?P=quote))[^\r\n]){1,2000}|(?:[^\r\n\"'\\]|\"[^\"\r\n]{0,200}\"){1,2000})"
        rf"|{_OPAQUE})",
        r"\g<kept>\g<quote>[token]",
    ),
    Rule(
        ("cookie",),
        r"(?i)(?P<kept>(?:set-)?cookie\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?)[^\s=\"'\\]{1,256}=[^\r\n\"'\\]*",
        r"\g<kept>[cookie]",
    ),
    Rule(("bearer",), rf"(?i)\b(?P<kept>bearer\s{{1,3}}){_OPAQUE}", r"\g<kept>[token]"),
    Rule(
        ("basic",),
        r"\b(?P<kept>[Bb](?i:asic)\s{1,3})(?=[A-Za-z0-9+/]{0,200}[0-9+/=]|\S{0,200}[a-z][A-Z])[A-Za-z0-9+/]{12,}={0,2}",
        r"\g<kept>[token]",
    ),
    *(Rule(hints, rf"(?<![A-Za-z0-9]){pattern}", "[key]", LONG) for hints, pattern in _VENDORS.items()),
    Rule(
        ("passw", "passphrase", "pwd"),
        r"(?i)(?P<kept>(?:password|passwd|passphrase|(?<![a-z])pwd(?!=/))(?:[-_]?(?:hash|confirm|1|2))?"
        rf"(?:{_GIVEN}|\s{{0,3}}:\s{{0,3}}|(?<=-password)\s{{1,3}}|\s{{1,3}}(?=')))"
        rf"{_EMPTY}{_VALUE}",
        r"\g<kept>\g<quote>[password]\g<quote>",
    ),
    Rule(
        ("secret", "token", "key", "credential", "session", "sig", "sid"),
        r"(?i)(?P<kept>(?<![a-z0-9])(?:"
        r"(?:client|shared|app|consumer|aws)?[-_]?secret(?:[-_]?access)?(?:[-_]?key|[-_]?value)?"
        r"|(?:access|refresh|id|auth|session|api|bot|csrf|xsrf)?[-_]?token"
        r"|(?:api|access|shared[-_]?access|private|signing|encryption|account|routing|integration)[-_]?key"
        r"|credentials?|session[-_]?id|phpsessid|jsessionid|sid|x-amz-signature|signature|sig)"
        rf"(?:{_GIVEN}|\s{{0,3}}:\s{{0,3}}(?={_OPAQUE})|(?:(?<=-token)|(?<=-key))\s{{1,3}}(?={_OPAQUE})))"
        rf"{_EMPTY}{_VALUE}",
        r"\g<kept>\g<quote>[secret]\g<quote>",
    ),
    Rule(
        ("@", "%40"),
        r"(?P<local>[\w.+-]{1,64}(?:'[\w.+-]{1,64})?)(?:@|%40)"
        r"(?P<domain>(?:[\w-]{1,63}\.){1,8}(?:[^\W\d_]{2,24}|xn--[\w-]{2,24}))(?![\w-])",
        _email,
    ),
)

# The first sign stands before what is said of what precedes it: so a search skips the rest of a text.
CARD = (
    r"\d(?<![A-Za-z0-9].)(?<!\d\..)(?:\d{12,18}"
    r"|(?<![\w-].)(?:\d{3}([ .-])\d{4}\1\d{4}\1(?:\d{4}\1\d{1,3}|\d{1,4})|\d{3}([ .-])\d{6}\2\d{4,5})(?![\w-]))"
    r"(?![A-Za-z0-9]|\.\d)"
)
"""What may be the number of a payment card; `card` says whether it is."""

# https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)
_ISSUERS = (
    r"4(?:\d{12}|\d{15}|\d{18})$"  # Visa
    r"|(?:5[1-5]\d\d|22[3-9]\d|222[1-9]|2[3-6]\d\d|27[01]\d|2720)\d{12}$"  # Mastercard
    r"|3[47]\d{13}$"  # American Express
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}$"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12,15}$"  # JCB
    r"|3(?:0[0-5]|[689]\d)\d{11,16}$"  # Diners Club
    r"|62\d{14,17}$"  # UnionPay
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{9,15}$"  # Maestro
)


def card(found: re.Match[str]) -> str:
    """What stands in the place of a number: itself, unless a maker of cards gives such numbers and it checks."""
    digits = re.sub(r"\D", "", found[0])
    if not re.match(_ISSUERS, digits):
        return found[0]
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return "[card]" if sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0 else found[0]  # Luhn's


IBAN = r"[A-Za-z](?<![A-Za-z0-9].)(?=([A-Za-z]\d{2}(?:[ -]?[A-Za-z0-9]){11,30}))"
"""What may begin with the number of a bank account, and the rest of it; `iban_length` says whether it does."""

# Length → countries: https://www.swift.com/standards/data-standards/iban-international-bank-account-number
_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FK FI FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ XK LT LU MN",
    21: "HR LV LI CH",
    22: "BH BG CR GE DE IE ME RS GB VA",
    23: "TL GI IQ IL OM SO AE",
    24: "AD CZ MD PK RO SA SK ES SE TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MR MC SM",
    28: "AL AZ BY CY DO GT HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_LENGTHS = {country: length for length, countries in _COUNTRIES.items() for country in countries.split()}


def iban_length(text: str) -> int:
    """How much of the text is the number of a bank account; 0 if it does not begin with one."""
    length = _LENGTHS.get(text[:2].upper(), 0)
    kept, at = "", 0
    while at < len(text) and len(kept) < length:
        kept += text[at] if text[at].isalnum() else ""
        at += 1
    if not length or len(kept) < length or text[at : at + 1].isalnum():
        return 0
    # https://en.wikipedia.org/wiki/International_Bank_Account_Number#Validating_the_IBAN
    number = int("".join(str(int(sign, 36)) for sign in kept[4:] + kept[:4]))
    return at if number % 97 == 1 else 0
