"""Run `flask` commands inside a project, one for each line of JSON that comes in, and answer with code and output."""

import json
import sys

from app import create_app

app = create_app("development")
runner = app.test_cli_runner()
for line in sys.stdin:
    words, typed = json.loads(line)
    result = runner.invoke(args=words, input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    print(json.dumps([result.exit_code, result.output]), flush=True)
