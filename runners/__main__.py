"""``python -m yangbeam.runners [SECONDS]``: the demo. Light: each simulator process imports its main module anew."""

import sys

if __name__ == "__main__":
    from typer import Exit

    from yangbeam.pipeline.cli.console import reporting
    from yangbeam.pipeline.logs import chosen, on_standard_error, quiet_process
    from yangbeam.runners.privacy import keep_private

    keep_private()
    quiet_process(debug=chosen().debug)
    try:
        with on_standard_error(), reporting():
            from yangbeam.runners.demo import main

            code = main()
    except Exit as ended:
        code = ended.exit_code
    sys.exit(code)
