# ruff: noqa: E501
"""The picture of a page shows its words, and nothing that was drawn, however the page draws."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path

import pytest
from PIL import Image

from lindung.evidence import Policy, capture
from tests.evidence.conftest import Site


def red_file(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (99, 99), (255, 0, 0)).save(out, kind)
    return out.getvalue()


RED = "data:image/png;base64," + base64.b64encode(red_file()).decode()
BOX = "width:99px;height:99px"
SHADOWS = ",".join(f"{x}px {y}px 0 red" for x in range(40) for y in range(40))
CELLS = "<table cellspacing=0>" + "<tr>" + "<td bgcolor=#ff0000 width=9 height=9>" * 9 + "</table>"
DRAWING = "<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'><rect width='99' height='99' fill='red'/></svg>"  # fmt: skip

DRAWN = [
    # pictures whose author style beats any that is added
    f"<img src='{RED}' style='visibility:visible!important'>",
    f"<style>#a#a#a#a{{visibility:visible!important}}</style><img id=a src='{RED}'>",
    f"<style>@layer x{{img{{visibility:visible!important;opacity:1!important}}}}</style><img src='{RED}'>",
    f"<style>@layer x{{div{{background:url({RED})!important}}}}</style><div style='{BOX}'></div>",
    f"<style>#z#z::before{{content:url({RED})!important}}</style><p id=z></p>",
    f"<style>p::after{{content:image-set('{RED}' 1x)!important}}</style><p>",
    f"<style>@keyframes k{{from,to{{background:url({RED})}}}}div{{animation:k 9s infinite;{BOX}}}</style><div>",
    f"<style>div{{transition:background 99s -98s;{BOX};background:red}}</style><div>",
    f"<style>@property --p{{syntax:'<image>';inherits:true;initial-value:url({RED})}}div{{background:var(--p)!important;{BOX}}}</style><div>",
    f"<style>li{{list-style-image:url({RED})!important}}</style><ul><li>x</ul>",
    f"<style>li::marker{{content:url({RED})!important}}</style><ul><li>x</ul>",
    f"<style>div{{border:40px solid;border-image:url({RED}) 30!important}}</style><div>",
    f"<style>div{{{BOX};background:#f00;mask-image:url({RED})!important}}</style><div>",
    "<style>p::first-letter{background:red!important}p::first-line{background:red!important}</style><p>words",
    f"<picture><source srcset='{RED}'><img style='visibility:visible!important'></picture>",
    f"<img srcset='{RED} 1x'>", f"<input type=image src='{RED}'>",
    f"<body background='{RED}'>", f"<table background='{RED}' width=99 height=99><tr><td>x</table>",
    f"<object data='{RED}'></object>", f"<embed src='{RED}'>",
    f"<video poster='{RED}' width=99 height=99 style='visibility:visible!important'></video>",
    # drawings
    f"<svg style='visibility:visible!important' width=99 height=99><image href='{RED}' width=99 height=99 /></svg>",
    "<svg width=99 height=99><rect width=99 height=99 fill=red style='visibility:visible!important'/></svg>",
    f"<svg width=99 height=99><foreignObject width=99 height=99><img xmlns='http://www.w3.org/1999/xhtml' src='{RED}'></foreignObject></svg>",
    f"<svg width=99 height=99><filter id=f><feImage href='{RED}'/></filter><rect width=99 height=99 filter='url(#f)'/></svg>",
    "<svg width=0 height=0><symbol id=s><rect width=99 height=99 fill=red /></symbol></svg><svg width=99 height=99><use href='#s'/></svg>",
    f"<svg width=99 height=99><pattern id=p width=1 height=1><image href='{RED}' width=99 height=99 /></pattern><rect width=99 height=99 fill='url(#p)'/></svg>",
    "<svg width=99 height=99><rect width=99 height=99><animate attributeName=fill values='red;red' dur=9s repeatCount=indefinite /></rect></svg>",
    "<svg width=99 height=99><text y=50 font-size=90 fill=red>&#9608;</text></svg>",
    f"<img src=\"data:image/svg+xml,{DRAWING.replace('<', '%3C')}\" style='visibility:visible!important'>",
    f"<iframe srcdoc=\"{html.escape(DRAWING)}\"></iframe>",
    "<math><mrow mathbackground=red><mi>x</mi></mrow></math>",
    # canvas
    "<canvas id=c style='visibility:visible!important'></canvas><script>x=c.getContext('2d');x.fillStyle='red';x.fillRect(0,0,99,99)</script>",
    "<style>#d{width:99px;height:99px}</style><canvas id=e></canvas><script>x=e.getContext('2d');x.fillStyle='red';x.fillRect(0,0,99,99);d=document.createElement('img');document.body.append(d);d.src=e.toDataURL()</script>",
    # style alone
    f"<div style='{BOX};background:red!important'></div>",
    f"<div style='{BOX};background:linear-gradient(red,red)!important'></div>",
    f"<div style='{BOX};background:conic-gradient(red,red)'></div>",
    f"<i style='position:absolute;left:0;top:0;width:1px;height:1px;box-shadow:{SHADOWS}'></i>",
    "<p style='color:red!important;font-size:90px'>&#9608;&#9608;</p>",
    "<p style='text-shadow:0 0 9px red,0 0 1px red;color:transparent'>words</p>",
    "<p style='-webkit-text-stroke:9px red'>words</p>",
    "<p style='text-decoration:underline 30px red'>words</p>",
    "<p style='text-emphasis:filled circle red'>words</p>",
    "<p style='outline:30px solid red'>words</p>", "<p style='border:30px solid red'>words</p>",
    "<p style='column-count:2;column-rule:30px solid red'>words words words</p>",
    f"<div style='{BOX};background:blue;filter:hue-rotate(120deg) saturate(9)'></div>",
    f"<div style='{BOX};backdrop-filter:invert(1) sepia(1) saturate(99) hue-rotate(-50deg)'></div>",
    CELLS, "<hr color=red size=30>", "<font color=red size=7>&#9608;</font>",
    "<marquee bgcolor=red width=99 height=99>x</marquee>",
    "<style>input{accent-color:red}</style><input type=checkbox checked><input type=radio checked><input type=range value=90>",
    "<input type=color value='#ff0000'>", "<meter value=1 min=0 low=50 high=60 optimum=99 max=100></meter>",
    "<style>meter::-webkit-meter-suboptimum-value,progress::-webkit-progress-value{background:red}progress{appearance:none}</style><progress value=9 max=10></progress>",
    "<style>input::placeholder{color:red;font-size:60px}</style><input placeholder='&#9608;&#9608;'>",
    "<style>::selection{background:red}</style><p id=s>words</p><script>getSelection().selectAllChildren(s)</script>",
    "<style>dialog::backdrop{background:red}</style><dialog id=d>x</dialog><script>d.showModal()</script>",
    "<style>::-webkit-scrollbar{width:40px;background:red}::-webkit-scrollbar-thumb{background:red}</style><div style='overflow:scroll;height:99px'><div style='height:999px'></div></div>",
    "<style>summary::marker{color:red;font-size:60px}</style><details open><summary>x</summary></details>",
    "<style>a:any-link{background:red;padding:30px}</style><a href=/x>words</a>",
    "<mark style='background:red'>words</mark>", "<fieldset style='border:30px solid red'>x</fieldset>",
    "<select style='background:red;border:30px solid red'><option>x</select>",
    "<textarea style='background:red'></textarea>", "<button style='background:red'>x</button>",
    # shadow trees, and scripts that fight
    f"<div id=h></div><script>h.attachShadow({{mode:'closed'}}).innerHTML=`<style>:host{{background:red!important;display:block;{BOX}}}</style><img src='{RED}'>`</script>",
    f"<div id=h></div><script>r=h.attachShadow({{mode:'open'}});s=new CSSStyleSheet();s.replaceSync('b{{background:red!important;display:block;{BOX}}}');r.adoptedStyleSheets=[s];r.innerHTML='<b></b>'</script>",
    f"<template><img src='{RED}'></template><div><template shadowrootmode=closed><img src='{RED}'></template></div>",
    f"<img src='{RED}'><script>Element.prototype.replaceWith=()=>{{}};Element.prototype.querySelectorAll=()=>[];Document.prototype.querySelectorAll=()=>[];window.getComputedStyle=()=>({{getPropertyValue:()=>''}});CSSStyleSheet.prototype.replaceSync=()=>{{}}</script>",
    f"<div id=b style='{BOX}'></div><script>setInterval(()=>{{b.style.cssText='{BOX};background:red!important'}},50)</script>",
    f"<b id=b></b><script>class X extends HTMLElement{{disconnectedCallback(){{document.body.style.background='red'}}}};customElements.define('x-x',X);b.append(new X)</script><x-x><img src='{RED}'></x-x>",
    f"<iframe srcdoc=\"<body bgcolor=red><img src='{RED}'>\"></iframe>",
    f"<iframe src=\"data:text/html,<body bgcolor=red><img src='{RED}'>\"></iframe>",
    f"<iframe sandbox srcdoc=\"<img src='{RED}'>\"></iframe>",
    "<iframe srcdoc=\"<meta http-equiv=refresh content='4;url=data:text/html,<body bgcolor=red>'>\"></iframe>",
    # fonts
    "<style>@font-face{font-family:f;src:url(/red.woff2)}p{font:90px f}</style><p>f</p>",
    "<p style='font-size:60px'>&#128997;&#10084;&#65039;</p>",
]  # fmt: skip


def reds(picture: Path) -> int:
    with Image.open(picture) as image:
        parts = [part.tobytes() for part in image.convert("RGB").split()]
    return sum(r > 150 and g < 100 and b < 100 for r, g, b in zip(*parts, strict=True))


def framed(pages: list[str]) -> str:
    frames = "".join(
        f'<iframe width=300 height=150 srcdoc="{html.escape("<!doctype html>" + page)}"></iframe>'
        for page in pages
    )
    return f"<!doctype html><title>Red</title><p>words before</p>{frames}<p>words after</p>"


def test_nothing_drawn_is_in_the_picture(site: Site, tmp_path: Path) -> None:
    site.page("/", framed(DRAWN))
    site.page("/red.svg", DRAWING, "image/svg+xml")
    taken = capture(site.url, tmp_path / "t", allow=[site.place])
    assert set(taken.facts["seen"]["unfinished"]) <= {"scrolling"}  # through some seventy frames
    assert reds(tmp_path / "t/screenshot.png") == 0
    with Image.open(tmp_path / "t/screenshot.png") as image:
        assert image.convert("L").getextrema() == (0, 255)  # the words
        assert image.height > 2000  # in their places


@pytest.mark.parametrize("number", [3, 4])
def test_nor_where_the_page_itself_draws(number: int, site: Site, tmp_path: Path) -> None:
    site.page("/", f"<!doctype html><p>words</p>{DRAWN[number]}")
    taken = capture(site.url, tmp_path / "t", allow=[site.place])
    assert taken.facts["seen"]["unfinished"] == {}
    assert reds(tmp_path / "t/screenshot.png") == 0


def test_the_full_policy_shows_pictures(site: Site, tmp_path: Path) -> None:
    site.page("/", f"<p>words</p><img src='{RED}'><img src=/red.png>")
    site.page("/red.png", red_file(), "image/png")
    capture(site.url, tmp_path / "t", policy=Policy.FULL, authority="Order 1/2026",
            allow=[site.place])  # fmt: skip
    assert reds(tmp_path / "t/screenshot.png") >= 2 * 99 * 99
