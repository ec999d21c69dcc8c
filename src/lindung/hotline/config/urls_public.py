"""What the public process answers."""

from django.urls import include, path

from lindung.hotline.guidance import views as guidance
from lindung.hotline.intake import views as intake
from lindung.hotline.web import views as web

urlpatterns = [
    path("", intake.report, name="report"),
    path("check/", intake.check, name="check"),
    path("help/", guidance.help_page, name="help"),
    path("privacy/", guidance.privacy, name="privacy"),
    path("language/", include("django.conf.urls.i18n")),
    path("healthz", web.healthz, name="healthz"),
]
