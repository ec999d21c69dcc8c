"""What the console process answers."""

from allauth.account import views as allauth
from django.urls import include, path

from lindung.hotline.accounts import views as accounts
from lindung.hotline.console import letters
from lindung.hotline.console import views as console
from lindung.hotline.web import views as web

urlpatterns = [
    path("", console.queue, name="queue"),
    path("cases/<str:number>/", console.case, name="case"),
    path("cases/<str:number>/assess/", console.assess, name="case_assess"),
    path("cases/<str:number>/confirm/", console.confirm, name="case_confirm"),
    path("cases/<str:number>/refer/", console.refer, name="case_refer"),
    path("cases/<str:number>/danger/", console.danger, name="case_danger"),
    path("cases/<str:number>/capture/<uuid:item>/", console.capture, name="case_capture"),
    path("referrals/<uuid:referral_id>/", letters.acknowledge, name="referral_acknowledge"),
    path("referrals/<uuid:referral_id>/cancel/", letters.cancel, name="referral_cancel"),
    path("evidence/<uuid:evidence_id>/preview.png", console.preview, name="preview"),
    path("evidence/<uuid:evidence_id>/check/", console.check_seal, name="evidence_check"),
    path("outbox/", letters.outbox, name="outbox"),
    path("custody/", console.custody_log, name="custody"),
    path("authorities/", letters.authorities, name="authorities"),
    path("authorities/<int:pk>/", letters.authority, name="authority"),
    path("people/", accounts.people, name="people"),
    path("setup/<str:token>/", accounts.setup, name="setup"),
    # Of allauth's own pages only these: nobody signs up or resets a password alone.
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/", allauth.password_change, name="account_change_password"),
    path("accounts/closed/", allauth.signup, name="account_signup"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("healthz", web.healthz, name="healthz"),
]
