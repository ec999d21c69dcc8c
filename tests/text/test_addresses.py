"""The same address written many ways is one item; different posts are never one."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lindung.text import NotUnderstood, canonicalise, likenesses

SAME = [
    "https://example.com/post/1",
    "http://example.com/post/1",
    "HTTPS://EXAMPLE.COM/post/1",
    "https://example.com:443/post/1",
    "http://example.com:80/post/1",
    "https://example.com/post/1/",
    "https://example.com/post/1?utm_source=mail&fbclid=abc",
    "https://example.com/post/1?",
    "https://example.com/post/1?&&",
    "https://example.com/post/1#comments",
    "https://example.com./post/1",
    "https://example.com/p%6Fst/%31",
    "hxxps://example[.]com/post/1",
    "hxxp://example(dot)com/post/1",
    "https[:]//example[.]com/post/1",
    "example [dot] com/post/1",
    "https://m.example.com/post/1",
    "https://www.example.com/post/1",
    "mobile.example.com/post/1",
    "https://example.com/a/../post/./1",
    "  “https://example.com/post/1”.  ",
    "I saw it here: https://example.com/post/1, please look",
    "看看https://example.com/post/1，快",
    "https://exam\u200bple.com/po\u200dst/1\ufeff",
    "https://someone@example.com/post/1",
    "<https://example.com/post/1>",
    "(https://example.com/post/1)",
    "example.com/post/1",
    "//example.com/post/1",
    "https:/example.com/post/1",
    "https:\\\\example.com\\post\\1",
    "ｈｔｔｐｓ：／／ｅｘａｍｐｌｅ．ｃｏｍ／ｐｏｓｔ／１",
    "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fpost%2F1%3Ffbclid%3Dx&h=abc",
]


@pytest.mark.parametrize("written", SAME)
def test_one_address_written_many_ways_is_one_item(written: str) -> None:
    item = canonicalise(written)
    assert (item.kind, item.value) == ("address", "example.com/post/1")
    assert item.url is not None
    assert canonicalise(item.url) == canonicalise(item.value) == item


@pytest.mark.parametrize(
    "group",
    [
        ["https://bücher.example/x", "https://xn--bcher-kva.example/x", "HTTPS://BÜCHER.example/x"],
        [
            "https://example.com/?b=2&a=1",
            "example.com?a=1&b=2",
            "http://example.com/?a=1&&b=2&igsh=q",
        ],
        ["https://example.com/q?x=a+b", "https://example.com/q?x=a%20b"],
        ["http://127.0.0.1/x", "http://0x7f.1/x", "http://2130706433/x", "http://017700000001/x"],
        ["http://[2001:db8::1]/x", "http://[2001:0DB8:0:0::1]/x", "[2001:db8::1]/x"],
        [
            "https://youtu.be/AAAAAAAAAAA?t=3",
            "https://www.youtube.com/watch?feature=share&v=AAAAAAAAAAA",
            "https://m.youtube.com/shorts/AAAAAAAAAAA",
        ],
        [
            "https://twitter.com/example_a/status/12?s=20",
            "https://mobile.x.com/i/status/12/photo/1",
        ],
        ["https://www.instagram.com/reel/AbCdEf/?igsh=x", "instagram.com/example_a/p/AbCdEf"],
        ["https://www.tiktok.com/@example_a/video/77?is_from_webapp=1", "m.tiktok.com/v/77.html"],
        [
            "https://t.me/s/examplechan/12",
            "telegram.me/examplechan/12?single",
            "t.me/examplechan/12",
        ],
        ["https://old.reddit.com/r/example/comments/abc12/some_title/", "redd.it/abc12"],
        ["https://m.facebook.com/watch/?v=123&mibextid=x", "facebook.com/example.page/videos/123/"],
        [
            "https://www.xiaohongshu.com/discovery/item/6a?xsec_token=x",
            "xiaohongshu.com/explore/6a",
        ],
        ["https://threads.net/@example_a/post/Cx", "https://www.threads.com/t/Cx"],
        ["https://discordapp.com/channels/1/2/3", "https://ptb.discord.com/channels/1/2/3"],
        # where a fragment routes
        [
            "https://web.telegram.org/k/#@example_a",
            "https://web.telegram.org/#/im?p=@example_a",
            "https://web.telegram.org/z/#?tgaddr=tg%3A%2F%2Fresolve%3Fdomain%3Dexample_a",
            "tg://resolve?domain=Example_A",
            "https://example_a.t.me/",
            "https://t.me/example_a?start=1",
            "telegram: example_a",
        ],
        ["https://mega.nz/#F!AAAAAAAA!k1", "https://mega.co.nz/folder/AAAAAAAA#k2"],
        [
            "https://matrix.to/#/!r:example.test?via=x",
            "https://app.element.io/#/room/!r:example.test",
        ],
        # where the query says which
        [
            "https://www.youtube.com/embed/videoseries?list=PLabc",
            "https://www.youtube.com/playlist?list=PLabc&si=x",
        ],
        ["https://drive.google.com/open?id=1AbC", "https://drive.google.com/file/d/1AbC/view"],
        ["https://www.terabox.com/sharing/link?surl=abc", "https://1024terabox.com/s/1abc"],
        ["https://vk.com/feed?w=wall-1_2", "https://m.vk.ru/wall-1_2"],
        # one account: handle, link, case, tab, share parameter, the platform's other names
        ["https://fixupx.com/Example_A/media", "twitter.com/@example_a?s=20", "x: example_a"],
        ["instagram.com/_u/Example.A", "https://www.instagram.com/example.a/?igsh=x&hl=ms"],
        ["https://www.tiktok.com/@Example_A?_t=x&_r=1", "tiktok: example_a"],
        ["https://www.youtube.com/@ExampleA/shorts", "https://m.youtube.com/@examplea"],
        ["https://ms-my.facebook.com/example.a/photos", "m.me/ExampleA", "fb: example.a"],
        ["https://www.facebook.com/people/X-Y/100012345/", "facebook.com/profile.php?id=100012345"],
        ["https://www.snapchat.com/@example_a", "snapchat.com/add/Example_A?share_id=x"],
        ["https://www.reddit.com/u/Example_A", "https://old.reddit.com/user/example_a/submitted"],
        ["@User@Social.example", "@user@social.example"],
        ["https://t.me/+60320000000", "+60 3-2000 0000 example"],
        # escapes of escapes, doubled slashes, schemes and spaces that make a link harmless
        ["http://example.com/%25%32%35", "http://example.com/%25"],
        ["http://example.com//a?more//x", "http://example.com/a?more//x"],
        ["meow://example.com/a", "http:// example .com/a", "http://example.com/a"],
    ],
)
def test_spellings_that_are_one_place(group: list[str]) -> None:
    assert len({canonicalise(written).value for written in group}) == 1


DIFFERENT = [
    "https://example.com",
    "https://example.com/post",
    "https://example.com/post/1",
    "https://example.com/post/10",
    "https://example.com/Post/1",
    "https://example.com/post/1.html",
    "https://example.com/post/1?id=1",
    "https://example.com/post/1?id=2",
    "https://example.com/post/1?ID=1",
    "https://example.com/post/1?id=1&page=2",
    "https://example.com/post/1?id=a%2Bb",
    "https://example.com/post/1?id=a+b",
    "https://example.com/post/1?id=a%26b",
    "https://example.com/post/1?id=a&b",
    "https://example.com/post%2F1",
    "https://example.com/#!/post/1",
    "https://example.com/#/post/2",
    "https://example.com:8443/post/1",
    "https://example.org/post/1",
    "https://blog.example.com/post/1",
    "https://example.com/post/l",
    "https://youtu.be/AAAAAAAAAAA",
    "https://youtu.be/AAAAAAAAAAa",
    "https://x.com/example_a/status/12",
    "https://x.com/example_a/status/120",
    "https://x.com/example_a",
    "https://t.me/examplechan",
    "https://t.me/examplechan/12",
    "https://reddit.com/r/example/comments/abc12/title/",
    "https://reddit.com/r/example/comments/abc12/title/def34",
    "https://www.facebook.com/permalink.php?story_fbid=1&id=2",
    "https://www.facebook.com/permalink.php?story_fbid=2&id=1",
    "https://mp.weixin.qq.com/s?__biz=a&mid=1&idx=1&sn=x",
    "https://mp.weixin.qq.com/s?__biz=a&mid=1&idx=2&sn=x",
    "https://mp.weixin.qq.com/s/abc",
    "http://192.0.2.1/a",
    "http://192.0.2.2/a",
    "https://signal.me/#eu/AAAA",
    "https://signal.me/#eu/BBBB",
    "https://mega.nz/#F!AAAAAAAA!k",
    "https://mega.nz/#F!BBBBBBBB!k",
    "https://mega.nz/#!AAAAAAAA!k",
    "https://web.telegram.org/k/#-100123",
    "https://web.telegram.org/k/#-100124",
    "https://example.com/#id=1",
    "https://example.com/#id=2",
    "https://blogspot.com/",
    "https://m.blogspot.com/",
    "https://mobile.blogspot.com/",
    "https://github.io/x",
    "https://m.github.io/x",
    "https://amp.tumblr.com/post/1",
    "https://touch.tumblr.com/post/1",
    "https://tumblr.com/post/1",
    "https://www.youtube.com/embed/videoseries?list=PLa",
    "https://www.youtube.com/embed/videoseries?list=PLb",
    "https://mp.weixin.qq.com/s?src=11&timestamp=1&signature=AAA",
    "https://mp.weixin.qq.com/s?src=11&timestamp=2&signature=BBB",
    "https://jq.qq.com/?_wv=1027&k=AAAAAA1",
    "https://jq.qq.com/?_wv=1027&k=BBBBBB2",
    "https://instagram.com/share/p/ABCdefGHIJ",
    "https://instagram.com/p/ABCdefGHIJ",
    "https://wa.me/message/60320000000",
    "https://wa.me/60320000000",
    "https://kik.me/g/AAAAAA.b",
    "https://kik.me/g/AAAAAA.c",
    "https://line.me/ti/g2/AAAAAA~x",
    "https://line.me/ti/g2/AAAAAA~y",
    "@user@social.example",
    "user@social.example",
]


def test_different_posts_are_never_one_item() -> None:
    seen: dict[str, str] = {}
    for written in DIFFERENT:
        value = canonicalise(written).value
        assert value not in seen, (written, seen.get(value))
        seen[value] = written


@pytest.mark.parametrize(
    "written",
    [
        "https://",
        "http://exa mple.com/x",
        "https://example..com/",
        "www.",
        "https://example.com:99999/",
        "https://-.example.com/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://[::zz]/",
        "https://nodots/",
        "https://xn--\u0301.example/",
    ],
)
def test_a_broken_address_is_refused_in_plain_words(written: str) -> None:
    with pytest.raises(NotUnderstood, match=r"We could not read this link\. Paste the whole"):
        canonicalise(written)


@pytest.mark.parametrize(
    "wrapped",
    [
        "https://l.facebook.com/l.php?u={}&h=AT",
        "https://www.google.com.my/url?sa=t&url={}",
        "https://vk.com/away.php?to={}",
        "https://out.reddit.com/t3_abc?url={}&token=x",
        "https://www.youtube.com/redirect?event=x&q={}",
        "https://www.linkedin.com/safety/go?url={}&trk=x",
        "https://steamcommunity.com/linkfilter/?u={}",
        "https://t.me/iv?url={}&rhash=1",
        "https://eur01.safelinks.protection.outlook.com/?url={}&data=x",
        "https://link.zhihu.com/?target={}",
    ],
)
def test_a_page_that_only_passes_on_is_the_page_behind_it(wrapped: str) -> None:
    item = canonicalise(wrapped.format("https%3A%2F%2Fexample.com%2Fpost%2F1%3Fid%3D2"))
    assert (item.value, item.url) == (
        "example.com/post/1?id=2",
        "https://example.com/post/1?id=2",
    )


def test_pages_that_pass_on_to_one_another_end() -> None:
    assert canonicalise("https://l.facebook.com/l.php?u=" * 500 + "https://example.com/").value


@pytest.mark.parametrize(
    "written",
    [
        "https://signal.me/#eu/AAAA",
        "https://mega.nz/folder/AAAAAAAA#key",
        "https://web.telegram.org/k/#@example_a",
        "https://www.xiaohongshu.com/explore/6a?xsec_token=x",
        "https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=3",
    ],
)
def test_what_a_page_needs_to_open_stays_in_the_opened_address(written: str) -> None:
    assert canonicalise(written).url == written


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("@user@social.example", "https://social.example/@user", "same fediverse account"),
        ("@example_a", "https://www.instagram.com/example_a", "same handle"),
        ("https://example.com/a?page=1", "https://example.com/a?page=2", "same page"),
        ("https://example.com/Post/1", "https://example.com/post/1", "same but for capitals"),
    ],
)
def test_what_may_be_the_same_is_a_link_with_a_reason(one: str, other: str, reason: str) -> None:
    a, b = canonicalise(one), canonicalise(other)
    assert a != b
    assert reason in {shared.reason for shared in set(likenesses(a)) & set(likenesses(b))}


def test_what_answers_by_its_query_is_not_one_page() -> None:
    a, b = (canonicalise(f"https://example.com/view.php?id={n}") for n in (1, 2))
    assert not set(likenesses(a)) & set(likenesses(b))


def test_two_links_in_one_field_are_not_guessed_at() -> None:
    with pytest.raises(NotUnderstood, match="more than one link"):
        canonicalise("https://example.com/1 https://example.com/2")


def test_the_fetchable_address_keeps_what_the_reporter_wrote() -> None:
    assert canonicalise("http://127.0.0.1:8123/post/1").url == "http://127.0.0.1:8123/post/1"
    assert canonicalise("http://localhost:8123/post/1/").url == "http://localhost:8123/post/1/"
    assert canonicalise("hxxp://m.example[.]com/a?utm_source=x").url == "http://m.example.com/a"
    assert canonicalise("@example_a").url is None


_hosts = st.sampled_from(
    ["example.com", "www.example.org", "m.example.net", "192.0.2.1", "a.b.test"]
)
_piece = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Z")), max_size=8)
_links = st.builds(
    lambda scheme, host, port, path, query, end: (
        f"{scheme}{host}{port}/{'/'.join(path)}?{'&'.join(map('='.join, query))}{end}"
    ),
    st.sampled_from(["https://", "http://", "", "hxxps://"]),
    _hosts,
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.lists(_piece, max_size=4),
    st.lists(st.tuples(_piece, _piece), max_size=3),
    st.sampled_from(["", "#x", "#!/y", ".", ")"]),
)


@given(_links | st.text(max_size=60) | st.sampled_from(SAME + DIFFERENT))
@example("ß")
@example("example.com/ﬀ%")
@example("http://example.com/%zz?%")
def test_an_item_written_again_is_the_same_item(written: str) -> None:
    try:
        item = canonicalise(written)
    except NotUnderstood:
        return
    again = canonicalise(item.value)
    assert (again.kind, again.value) == (item.kind, item.value)


@given(st.lists(st.sampled_from("abcAB12-_~"), min_size=1, max_size=6), st.integers(0, 9**9))
def test_identifiers_in_a_path_keep_their_letters(letters: list[str], number: int) -> None:
    path = "".join(letters)
    values = {
        canonicalise(f"https://example.com/{p}/{number}").value for p in {path, path.swapcase()}
    }
    assert len(values) == len({path, path.swapcase()})
    assert (
        canonicalise(f"example.com/{path}/{number}").value
        != canonicalise(f"example.com/{path}/{number + 1}").value
    )


def test_every_pair_of_decorations_leaves_the_item_alone() -> None:
    decorations: list[Callable[[str], str]] = [
        lambda s: s.replace("https", "HtTpS"),
        lambda s: s.replace("example.com", "EXAMPLE[.]COM"),
        lambda s: s + "/",
        lambda s: f'("{s}")',
        lambda s: s.replace("post", "p%6fst"),
        lambda s: f"see {s} !",
        lambda s: s.replace("/post", "/x/../post"),
        lambda s: "\u200b".join(s),
    ]
    for first, second in itertools.permutations(decorations, 2):
        written = second(first("https://example.com/post/1"))
        assert canonicalise(written).value == "example.com/post/1", written
