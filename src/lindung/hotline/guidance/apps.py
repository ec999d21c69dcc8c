from django.apps import AppConfig


class GuidanceConfig(AppConfig):
    name = "lindung.hotline.guidance"
    label = "guidance"
