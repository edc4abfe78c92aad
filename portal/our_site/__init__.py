"""A municipality looks after its own site: languages, look, menu; and a new municipality gets one."""
