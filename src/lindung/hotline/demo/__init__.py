"""One synthetic report, walked all the way in a real browser, against a site of our own."""

from lindung.hotline.demo.walk import DemoError, code, run

__all__ = ["DemoError", "code", "run"]
