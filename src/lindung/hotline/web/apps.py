from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "lindung.hotline.web"
    label = "web"
