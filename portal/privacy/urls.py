"""One's own data, below `/<language>/desk/`."""

from django.urls import path

from portal.privacy import views

urlpatterns = [
    path("account/my-data/", views.my_data, name="my_data"),
    path("account/my-data/file/", views.take_along, name="my_data_file"),
    path("account/my-data/erase/", views.be_erased, name="my_data_erase"),
    path("account/my-data/stay/", views.stay, name="my_data_stay"),
]
