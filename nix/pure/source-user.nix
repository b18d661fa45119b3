# The user of a source that names none. Each has one of its own, or one source could
# destroy what another one sends.
flat: name: if name == "default" then flat else "${flat}-${name}"
