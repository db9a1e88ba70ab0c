"""Where torch computes."""

import torch

from dramatis.core.errors import Unavailable


def prepare(device: str, threads: int) -> str:
    """Makes the device ready and returns its name; says no before any job is taken up.

    Args:
        device: cpu, cuda or cuda:<number>.
        threads: of computations on the processor.

    Raises:
        Unavailable: this machine has no such device.
    """
    torch.set_num_threads(threads)
    wanted = torch.device(device)
    if wanted.type == "cuda" and (wanted.index or 0) >= torch.cuda.device_count():
        raise Unavailable(
            f"DRAMATIS_SIMULATOR_DEVICE is {device}, but {torch.cuda.device_count()} GPUs can be "
            "used here; set it to cpu, or see that the driver and a torch for it are installed",
            reason="NO_DEVICE",
        )
    return device
