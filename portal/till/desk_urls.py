"""Rooms of the desk about a provider's tills. They stand before the desk's own, whose kinds of pages are any word."""

from django.urls import path

from portal.till import counter, paper, tills

urlpatterns = [
    path("p/<slug:slug>/tills/", tills.tills, name="desk-tills"),
    path("p/<slug:slug>/tills/new/", tills.new, name="desk-till-new"),
    path("p/<slug:slug>/tills/<int:pk>/", tills.till, name="desk-till"),
    path("p/<slug:slug>/tills/counter/", counter.counter, name="desk-counter"),
    path("p/<slug:slug>/tills/counter/undo/", counter.take_back, name="desk-counter-undo"),
    path("p/<slug:slug>/tills/guide/", paper.guide, name="desk-till-guide"),
    path("p/<slug:slug>/tills/practice/", paper.practice, name="desk-till-practice"),
    path("p/<slug:slug>/tills/words/", paper.words, name="desk-till-words"),
    path("p/<slug:slug>/tills/attendance/", paper.courses, name="desk-courses"),
    path("p/<slug:slug>/tills/attendance/<int:pk>/", paper.attendance_list, name="desk-attendance"),
]
