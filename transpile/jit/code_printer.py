def print_code(f): return ''
def print_with_constants(f): return '', {}
