"""The rules that ship with conclint: one module, one rule."""
