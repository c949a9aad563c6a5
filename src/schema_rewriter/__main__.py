"""`python -m schema_rewriter`, and the entry point of the command; knows only where an answer may be kept."""

import os
import sys

__all__ = ["main"]


def main() -> int:
    """What the command says, from the cache where nothing changed since it said it, and its exit code."""
    from schema_rewriter.cache import answer_cache

    answer = answer_cache.find(sys.argv[1:])
    if answer is not None:
        try:
            for text, is_error in answer.said:
                stream = sys.stderr if is_error else sys.stdout
                if hasattr(stream, "reconfigure"):
                    stream.reconfigure(errors="backslashreplace")
                stream.write(text)
                stream.flush()
        except BrokenPipeError:  # whoever read it has enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            return 1  # as click does
        return answer.code
    from schema_rewriter import cli, gc_tuning

    gc_tuning.seldom()
    code = cli.main()
    if code == 130:  # interrupted: a thread of the pool that was broken off may wait for it for ever
        from threading import Timer

        last = Timer(3, os._exit, (code,))
        last.daemon = True
        last.start()
    return code


if __name__ == "__main__":
    sys.exit(main())
