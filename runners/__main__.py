"""``python -m yangbeam.runners [SECONDS]``: the demo. Light: each simulator process imports its main module anew."""

import sys

if __name__ == "__main__":
    from yangbeam.pipeline.logs import on_standard_error, quiet_process

    quiet_process(debug=False)
    with on_standard_error():
        from yangbeam.runners.demo import main

        code = main()
    sys.exit(code)
