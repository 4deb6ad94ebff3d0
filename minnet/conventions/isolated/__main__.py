"""``python -m minnet.conventions.isolated`` is the worker."""

import gc

if __name__ == "__main__":
    gc.disable()  # what is imported stays: to look for garbage in it takes a twentieth of the time
    from minnet.conventions.isolated.worker import main

    gc.freeze()
    gc.enable()
    main()
