"""Accounts: managed by a district administrator, never one's own."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from registry.models import User
from registry.permissions import may

admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(UserAdmin):
    list_display = ["username", "display_name", "role", "read_prefix", "write_prefix", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "display_name"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password", "display_name", "email", "wants_digest"]}),
        (_("Role and area"), {"fields": ["role", "read_prefix", "write_prefix", "is_active", "is_staff"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "display_name", "usable_password", "password1", "password2"]}),
        (_("Role and area"), {"fields": ["role", "read_prefix", "write_prefix", "is_staff"]}),
    ]

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(is_superuser=False)

    def has_module_permission(self, request):
        return request.user.is_staff and may(request.user, "account.manage")

    def has_view_permission(self, request, obj=None):
        return may(request.user, "account.manage", obj)

    has_change_permission = has_view_permission

    def has_add_permission(self, request):
        return may(request.user, "account.manage")

    def has_delete_permission(self, request, obj=None):
        """Accounts are switched off, not deleted: events name them."""
        return False
