"""Posts made of links or phone numbers only: shortcuts change nothing, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers
import pytest
import tldextract
from hypothesis import given
from hypothesis import strategies as st

from lindung.text import NotUnderstood, Reader
from lindung.text.items import addresses, canonical, platforms
from lindung.text.items.entities import entities
from lindung.text.items.phones import e164

OFFER = "RM20 membership, join private group, ages 13-15 [redacted], DM @example"
_PARTS = """
    https:// HTTP:// hxxps:// www. m. x.com /reel/ chat.whatsapp.com/ youtu.be/ abcdefghijkl /.. /./
    // %2e %7E %zz ? & v=abc=1 utm_source=1 # #!/ . example.com example.co.za example.org [.] (dot)
    wa.me/60320000000 é \u200b + :443 :99 a Z 1 _ - ~ * )
"""
_links = st.lists(st.sampled_from(_PARTS.split()), min_size=1, max_size=9).map("".join)


class _Always:
    """Stands where a shortcut asks whether it may be taken, and says no."""

    def match(self, _text: str) -> bool:
        return True

    search = match


def _outcome(link: str) -> object:
    try:
        return canonical.canonicalise(link)
    except NotUnderstood as error:
        return str(error)


@given(_links)
def test_a_link_reads_the_same_without_the_shortcuts(link: str) -> None:
    quick = _outcome(link), entities(link)
    facts: dict[str, Any] = {**platforms.link_facts(), "rewritten": _Always(), "named": _Always()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses, "link_facts", lambda: facts)
        patch.setattr(platforms, "link_facts", lambda: facts)
        patch.setattr(canonical, "link_facts", lambda: facts)
        patch.setattr(addresses, "_NEEDS_NO_ESCAPE", re.compile("(?!)"))
        patch.setattr(platforms, "_public", lambda _last: False)
        patch.setattr(canonical, "_MAYBE_DEFANGED", _Always())
        assert (_outcome(link), entities(link)) == quick


@given(st.from_regex(r"[a-z]{1,5}(\.[a-z]{2,8}){0,3}", fullmatch=True))
def test_a_suffix_is_what_the_public_list_says(host: str) -> None:
    listed = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)(host).suffix
    special = host.rpartition(".")[2] in {"test", "invalid", "example", "onion", "local"}
    assert special or platforms.known_suffix(host) == bool(listed)


_codes = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)) | st.integers(0, 999)


@given(_codes, st.from_regex(r"([0-9][ ().-]{0,2}){4,16}[0-9]", fullmatch=True))
def test_an_international_number_is_what_phonenumbers_says(code: int, national: str) -> None:
    written = f"+{code} {national}"
    try:
        number = phonenumbers.parse(written, "MY")
    except phonenumbers.NumberParseException:
        wanted = None
    else:
        style = phonenumbers.PhoneNumberFormat.E164
        fits = phonenumbers.is_possible_number(number)
        wanted = phonenumbers.format_number(number, style) if fits else None
    assert e164(written, "MY") == wanted


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "item",
    [
        "https://h{i}.example.com/post/{i}",
        "+60 3-2000 {i:04d} example",
        "https://wa.me/6032000{i:04d} example",
        "example{i}@example.com",
    ],
)
def test_an_offer_after_very_many_items_is_found(item: str) -> None:
    post = " ".join(item.format(i=i) for i in range(10_000)) + " " + OFFER
    (reading,) = Reader.load().read([post])
    assert "priced-access" in {signal.rule for signal in reading.signals}
    seen = {post[span.start : span.end] for signal in reading.signals for span in signal.spans}
    assert {"RM20", "private group", "ages 13-15"} <= seen
    assert len([e for e in entities(post) if e.start < len(post) - len(OFFER)]) == 10_000
