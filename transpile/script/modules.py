class ModuleValue: pass
class ModuleRegistry:
    def __init__(self, unit): self.unit=unit
