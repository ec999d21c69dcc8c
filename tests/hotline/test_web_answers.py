"""Headers, sizes and refusals, through the real middleware."""

from __future__ import annotations

import io

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from lindung.hotline.web import marks, middleware, views

LIMIT = 262_144


@pytest.fixture
def client() -> Client:
    return Client(HTTP_HOST="127.0.0.1", raise_request_exception=False)


@pytest.fixture(autouse=True)
def public(settings: Settings) -> None:
    """The public process: no session, no sign-in, no database."""
    settings.MIDDLEWARE = [
        name
        for name in settings.MIDDLEWARE
        if name.startswith(("django.middleware", "lindung.hotline.web", "whitenoise"))
    ]


@pytest.mark.parametrize("path", ["/", "/?about=me", "/check/", "/help/", "/privacy/", "/nowhere/"])
def test_a_page_may_load_nothing_from_elsewhere_and_is_never_kept(
    client: Client, path: str
) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_browsers_may_name_our_own_origin(client: Client) -> None:
    """With "no-referrer" they send "Origin: null", and the form's protection refuses the form."""
    assert client.get("/").headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "indexed"),
    [("/", True), ("/help/", True), ("/?about=me", False), ("/check/", False), ("/x/", False)],
)
def test_only_the_front_and_the_help_may_be_found(client: Client, path: str, indexed: bool) -> None:
    assert ("X-Robots-Tag" not in client.get(path).headers) is indexed


def test_too_much_is_refused_with_the_limit_in_words(client: Client) -> None:
    answer = client.post("/", {"words": "a" * LIMIT})
    assert answer.status_code == 413
    text = answer.content.decode()
    assert "up to 256.0" in text and "Nothing was stored" in text


def test_the_refusal_speaks_the_readers_language(client: Client) -> None:
    client.cookies["django_language"] = "ms"
    answer = client.post("/", {"words": "a" * LIMIT})
    assert "Satu laporan boleh memuatkan" in answer.content.decode()


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
def test_a_body_of_unknown_length_is_counted_while_it_is_read(size: int, status: int) -> None:
    request = RequestFactory().post("/", HTTP_TRANSFER_ENCODING="chunked", HTTP_HOST="127.0.0.1")
    del request.META["CONTENT_LENGTH"]
    request.META["wsgi.input"] = io.BytesIO(b"a=" + b"b" * (size - 2))
    request.META["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
    seen = []

    def view(request):  # type: ignore[no-untyped-def]
        seen.append(len(request.body))
        return HttpResponse()

    assert middleware.size_limit(view)(request).status_code == status
    assert seen == ([size] if status == 200 else [])


def test_an_unreadable_length_is_refused() -> None:
    request = RequestFactory().post("/", HTTP_HOST="127.0.0.1")
    request.META["CONTENT_LENGTH"] = "-1"
    assert middleware.size_limit(lambda r: HttpResponse())(request).status_code == 413


def test_what_another_site_sends_is_shown_and_not_stored() -> None:
    client = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    typed = {"about": "me", "words": "Kept words", "danger": "yes", "nonce": "old"}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://example.com"}):
        answer = client.post("/", typed, headers=headers)
        text = answer.content.decode()
        assert answer.status_code == 403
        assert "Nothing was sent yet" in text and "Kept words" in text


def test_a_page_that_was_open_for_long_keeps_what_was_typed_and_sends_it_at_the_next_press() -> (
    None
):
    client = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True)
    typed = {"about": "me", "words": "Kept words", "where": "@example_a", "nonce": "old"}
    answer = client.post("/", typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert ">\nKept words</textarea>" in text and ">\n@example_a</textarea>" in text
    assert "[&#x27;" not in text and 'value="old"' not in text


@pytest.mark.parametrize("path", ["/", "/?about=me", "/check/", "/help/", "/privacy/"])
def test_a_public_page_sets_no_cookie(client: Client, path: str, settings: Settings) -> None:
    settings.PROCESS = "public"
    assert not client.get(path).cookies


@pytest.mark.parametrize(("path", "status"), [("/nowhere/", 404)])
def test_a_refusal_keeps_the_ways_out(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "Leave this page" in answer.content.decode()
    assert "tel:999" in answer.content.decode()


def test_the_worst_page_needs_no_context() -> None:
    from django.views.defaults import bad_request, server_error

    request = RequestFactory().get("/")
    assert "It is not your fault" in server_error(request).content.decode()
    assert "Nothing was stored" in bad_request(request, ValueError()).content.decode()


def test_health_is_503_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def cursor(self) -> None:
            raise DatabaseError

    monkeypatch.setattr(views, "connection", Gone())
    assert views.healthz(RequestFactory().get("/healthz")).status_code == 503


@pytest.mark.django_db
def test_health_is_ok_with_one() -> None:
    assert views.healthz(RequestFactory().get("/healthz")).content == b"ok\n"


@pytest.mark.parametrize("path", ["/?about=%00", "/check/?x%00=1", "/%00"])
def test_nul_in_an_address_is_refused_in_words(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400 and "Nothing was stored" in answer.content.decode()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded; charset=klingon", b"words=a"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"words=a"),
        ("application/x-www-form-urlencoded", b"words=a%00b"),
        ("application/x-www-form-urlencoded", b"words%00=a"),
        ("multipart/form-data", b"words=a"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="words"\r\n\r\na\0b\r\n--b--\r\n',
        ),
    ],
)
def test_a_body_that_no_form_sends_is_refused_in_words(
    client: Client, content_type: str, body: bytes
) -> None:
    answer = client.generic("POST", "/", body, content_type=content_type)
    assert answer.status_code == 400 and "Nothing was stored" in answer.content.decode()


def test_what_turns_the_direction_of_writing_is_shown_as_a_mark() -> None:
    page = marks.pages(lambda request: HttpResponse("<p>photo\u202egpj.exe\u2066</p>"))
    answer = page(RequestFactory().get("/"))
    assert isinstance(answer, HttpResponse)
    assert answer.content == b"<p>photo[RLO]gpj.exe[LRI]</p>"


@pytest.mark.parametrize("name", sorted(marks.NAMES))
def test_no_such_character_is_left(name: str) -> None:
    assert marks.marked(f"a{name}b") == f"a[{marks.NAMES[name]}]b"
