from typing import final

def use_machine_code(flag: bool) -> bool: ...

@final
class Code:
    def __len__(self) -> int: ...
