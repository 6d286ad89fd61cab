from django.db import models


class Job(models.Model):
    kind = models.CharField(max_length=40)
