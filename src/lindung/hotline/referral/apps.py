from django.apps import AppConfig


class ReferralConfig(AppConfig):
    name = "lindung.hotline.referral"
    label = "referral"
