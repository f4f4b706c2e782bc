def class_type(unit, cls, range): return None
def class_value(unit, e, cls, range):
    from transpile.script.values import PythonValue
    return PythonValue(cls)
def class_attribute(unit, e, value, type, range, name): return None
def adds_attributes(e, type): return False
