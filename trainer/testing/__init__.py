"""Contract tests for plug-ins: subclass one and run it with pytest.

class TestMyTrainer(TrainerContract):
    def make(self, seed=0):
        return MyTrainer(seed=seed)

class TestMyFormat(LabelFormatContract):
    format = MY_FORMAT
    file_name = "mine.json"
    sample = b'[{"addr": "0x…", "kind": "scam"}]'
    reordered = b'[…the same rows in reverse order…]'
"""

from trainer.testing.label_format import LabelFormatContract
from trainer.testing.model import TrainerContract

__all__ = ["LabelFormatContract", "TrainerContract"]
