"""Contract tests for plug-ins, shipped so that third parties can hold theirs to them under pytest.

class TestMyTrainer(TrainerContract):
    def make(self, seed=0):
        return MyTrainer(seed=seed)

class TestMyFormat(LabelFormatContract):
    format = MY_FORMAT
    file_name = "mine.json"
    sample = b'[{"addr": "0x…", "kind": "scam"}]'
    reordered = b'[…the same rows, the other way round…]'
"""

from trainer.testing.label_format import LabelFormatContract
from trainer.testing.model import TrainerContract

__all__ = ["LabelFormatContract", "TrainerContract"]
