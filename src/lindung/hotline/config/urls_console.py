"""What the console process answers."""

from django.urls import include, path

from lindung.hotline.accounts import views as accounts
from lindung.hotline.console import views as console
from lindung.hotline.web import views as web

urlpatterns = [
    path("", console.queue, name="queue"),
    path("cases/<str:number>/", console.case, name="case"),
    path("cases/<str:number>/assess/", console.assess, name="case_assess"),
    path("cases/<str:number>/confirm/", console.confirm, name="case_confirm"),
    path("cases/<str:number>/refer/", console.refer, name="case_refer"),
    path("referrals/<uuid:referral_id>/", console.acknowledge, name="referral_acknowledge"),
    path("evidence/<uuid:evidence_id>/preview.png", console.preview, name="preview"),
    path("outbox/", console.outbox, name="outbox"),
    path("custody/", console.custody_log, name="custody"),
    path("authorities/", console.authorities, name="authorities"),
    path("people/", accounts.people, name="people"),
    path("setup/<str:token>/", accounts.setup, name="setup"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("healthz", web.healthz, name="healthz"),
]
