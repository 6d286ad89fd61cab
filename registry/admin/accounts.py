"""Accounts are looked after at the desk, where the acts are; nobody reads the secret of a second factor."""

from django.contrib import admin
from django.contrib.auth.admin import Group  # type: ignore[attr-defined]  # read with what registers it
from django_otp.plugins.otp_static.admin import StaticDevice
from django_otp.plugins.otp_totp.admin import TOTPDevice

admin.site.unregister([Group, StaticDevice, TOTPDevice])
