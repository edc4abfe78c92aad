"""Below `/desk/p/<provider>/statements/`."""

from django.urls import path

from portal.desk.statements import views

urlpatterns = [
    path("", views.statements, name="desk-statements"),
    path("<int:pk>/", views.statement, name="desk-statement"),
    path("<int:pk>/pdf/", views.statement_pdf, name="desk-statement-pdf"),
    path("<int:pk>/csv/", views.statement_csv, name="desk-statement-csv"),
]
