"""Sort keys are those of the `surt` package: values that it gave (version 0.3.1)."""

from __future__ import annotations

import pytest

from lindung.evidence.exports.surt import sort_key

VALUES = {
    "http://example.com/": "com,example)/",
    "http://www.example.com/": "com,example)/",
    "https://www2.example.com/a": "com,example)/a",
    "http://example.com": "com,example)/",
    "http://EXAMPLE.com/A/B?Q=Z&a=1": "com,example)/a/b?a=1&q=z",
    "http://example.com:80/x": "com,example)/x",
    "https://example.com:443/x": "com,example)/x",
    "http://example.com:8080/x": "com,example:8080)/x",
    "http://127.0.0.1:8080/a?b=2&a=1": "1,0,0,127:8080)/a?a=1&b=2",
    "http://192.0.2.1/": "1,2,0,192)/",
    "http://[2001:db8::1]:8080/x": "2001:db8::1:8080)/x",
    "http://example.com/a/../b/./c": "com,example)/b/c",
    "http://example.com/a//b": "com,example)/a/b",
    "http://example.com/a b": "com,example)/a%20b",
    "http://example.com/a%20b": "com,example)/a%20b",
    "http://example.com/%7Euser": "com,example)/~user",
    "http://example.com/é": "com,example)/%c3%a9",
    "http://example.com/%C3%A9": "com,example)/%c3%a9",
    "http://bücher.example.com/": "com,example,xn--bcher-kva)/",
    "http://xn--bcher-kva.example.com/": "com,example,xn--bcher-kva)/",
    "http://user:pw@example.com/": "com,example)/",
    "http://example.com/?": "com,example)/",
    "http://example.com/?a": "com,example)/?a",
    "http://example.com/?a=&b": "com,example)/?a=&b",
    "http://example.com/?b=2&a=1&a=0": "com,example)/?a=0&a=1&b=2",
    "http://example.com/x?jsessionid=1234567890abcdef1234567890abcdef&a=1": "com,example)/x?a=1",
    "http://example.com/x;jsessionid=1234567890ABCDEF1234567890ABCDEF?x=1": (
        "com,example)/x;jsessionid=1234567890abcdef1234567890abcdef?x=1"
    ),
    "http://example.com/?PHPSESSID=1234567890abcdef1234567890abcdef&x=1": "com,example)/?x=1",
    "http://example.com/x?sid=1234567890abcdef1234567890abcdef": "com,example)/x",
    "http://example.com/x?cfid=12&cftoken=34&z=1": "com,example)/x?z=1",
    "http://example.com/(S(abcdefghijklmnopqrstuvwx))/p.aspx": "com,example)/p.aspx",
    "http://example.com/x.aspx?ASPSESSIONIDABCDEFGH=ABCDEFGHIJKLMNOPQRSTUVWX": (
        "com,example)/x.aspx"
    ),
    "http://example.com/a?x=%2F&y=a+b": "com,example)/a?x=/&y=a+b",
    "http://example.com./x": "com,example)/x",
    "http://example.com/x#frag": "com,example)/x",
    "http://example.com/?q=A%20B": "com,example)/?q=a%20b",
    "http://example.com/a;b=c": "com,example)/a;b=c",
    "http://example.com/a/": "com,example)/a",
    "http://example.com/a/?b": "com,example)/a?b",
    "http://example.com//": "com,example)/",
    "http://www.com/": "com)/",
    "http://www5.news.example.com/": "com,example,news)/",
    "http://example.com/?&&a": "com,example)/?&&a",
    "http://example.com/a?b=c=d": "com,example)/a?b=c=d",
    "http://example.com/%00": "com,example)/%00",
    "http://example.com/%zz": "com,example)/%25zz",
    "http://example.com/a\\b": "com,example)/a\\b",
    "http://0x7f.1/": "1,0x7f)/",
    "http://3221225985/": "1,2,0,192)/",
    "http://example.com/x?utm_source=1": "com,example)/x?utm_source=1",
    "urn:x:y": "urn:x:y",
    "http://example.com/index.html?__wb_method=POST&a=b": (
        "com,example)/index.html?__wb_method=post&a=b"
    ),
    "http://example.com/index.html?x=1&__wb_method=POST&__wb_post_data=YWJj": (
        "com,example)/index.html?__wb_method=post&__wb_post_data=ywjj&x=1"
    ),
    "http://example.com:99/?a=b": "com,example:99)/?a=b",
    "https://example.com/PATH/File.HTML": "com,example)/path/file.html",
    "http://example.com/?A=B&a=c": "com,example)/?a=b&a=c",
    "http://example.com/%2e%2e/x": "com,example)/../x",
    "http://example.com/a?b#c": "com,example)/a?b",
    "http://example.com/?%C3%A9=1": "com,example)/?%c3%a9=1",
    "http://example.com/?q=日本": "com,example)/?q=%e6%97%a5%e6%9c%ac",
    "http://example.com/日本": "com,example)/%e6%97%a5%e6%9c%ac",
}


@pytest.mark.parametrize(("url", "key"), VALUES.items())
def test_it_gives_what_the_package_gives(url: str, key: str) -> None:
    assert sort_key(url) == key


def test_it_takes_anything() -> None:
    for url in ("", "x", "http://", "http://[", "http://a:99999/", "http://\ud800/", "\x00"):
        assert isinstance(sort_key(url), str)
