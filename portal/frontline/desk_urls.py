"""Rooms of the desk for those who work for agencies."""

from django.urls import path

from portal.frontline.agencies import agencies, agency_edit, agency_people, agency_person

urlpatterns = [
    path("agencies/", agencies, name="desk-agencies"),
    path("agencies/<int:pk>/", agency_edit, name="desk-agency-edit"),
    path("agencies/<int:pk>/people/", agency_people, name="desk-agency-people"),
    path("agencies/<int:pk>/people/<int:role>/", agency_person, name="desk-agency-person"),
]
