"""What the application should notice: numbers, JSON and forms."""

import json

from hostile import BOUNDARY, END, FORM, NOTE, Hostile, api, form, get, part, request

VALUES = (
    Hostile("id beyond 64 bits", get("/api/v1/notes/99999999999999999999999"), (404,)),
    Hostile("id beyond 32 bits", get("/api/v1/notes/4294967296"), (404,)),
    Hostile("id beyond 64 bits, page", get("/notes/9223372036854775808"), (404,)),
    Hostile("id beyond 64 bits, form", get("/notes/9223372036854775808/edit"), (404,)),
    Hostile("id of 3 000 digits", get(f"/notes/{'9' * 3000}"), (404,)),
    Hostile("id below zero", get("/api/v1/notes/-1"), (404,)),
    Hostile("id with a fraction", get("/api/v1/notes/1.5"), (404,)),
    Hostile("id in Arabic digits", get("/api/v1/notes/%D9%A1"), (404,)),
    Hostile("id with SQL", get("/api/v1/notes/1%27%20OR%201=1--"), (404,)),
    Hostile(
        "DELETE beyond 64 bits", request("DELETE /api/v2/notes/99999999999999999999999 HTTP/1.1"), (404,)
    ),
    Hostile("cursor below zero", get("/api/v1/notes/?before=-1"), (422,)),
    Hostile("limit of zero", get("/api/v1/notes/?limit=0"), (422,)),
    Hostile("cursor of letters", get("/api/v1/notes/?before=abc"), (422,)),
    Hostile("cursor not a number", get("/api/v1/notes/?after=NaN"), (422,)),
    Hostile("cursor with a NUL", get("/api/v1/notes/?before=%00"), (422,)),
    Hostile("cursor of 3 000 digits", get(f"/api/v1/notes/?before={'9' * 3000}"), (422,)),
    Hostile("limit of a million", get("/api/v1/notes/?limit=1000000"), (422,)),
    Hostile("cursor beyond 64 bits", get("/api/v2/notes/?before=9223372036854775808"), (422,)),
    Hostile("cursor of 3 000 digits, page", get(f"/notes/?before={'9' * 3000}"), (404,)),
    Hostile("cursor below zero, page", get("/notes/?after=-1"), (404,)),
    Hostile("cursor below one", get("/api/v2/notes/?before=-9223372036854775809"), (422,)),
    Hostile("limit beyond 64 bits", get("/api/v2/notes/?limit=99999999999999999999"), (422,)),
)
DEEP = 100_000
JSON = (
    Hostile("no JSON", api("nonsense")),
    Hostile("nothing", api("")),
    Hostile("blanks", api(" ")),
    Hostile("truncated", api('{"title": "x')),
    Hostile("two documents", api('{"title": "x"} {}')),
    Hostile("comment", api('{"title": "x" /* y */}')),
    Hostile("trailing comma", api('{"title": "x",}')),
    Hostile("single quotes", api("{'title': 'x'}")),
    Hostile("list", api("[]"), (422,)),
    Hostile("text", api('"x"'), (422,)),
    Hostile("number", api("1"), (422,)),
    Hostile("null", api("null"), (422,)),
    Hostile("true", api("true"), (422,)),
    Hostile("100 000 brackets", api("[" * DEEP)),
    Hostile("100 000 closed brackets", api("[" * DEEP + "]" * DEEP)),
    Hostile("100 000 objects", api('{"a":' * DEEP + "1" + "}" * DEEP)),
    Hostile("brackets in an unknown field", api('{"title": "x", "y": ' + "[" * DEEP + "]" * DEEP + "}")),
    Hostile("NaN", api('{"title": NaN}')),
    Hostile("Infinity", api('{"title": -Infinity}')),
    Hostile("integer of 10 000 digits", api('{"title": ' + "9" * 10_000 + "}")),
    Hostile("exponent of 999 999", api('{"title": 1e999999}')),
    Hostile("number beyond the largest", api('{"title": "x", "y": [1e400]}')),
    Hostile("NUL in a text", api('{"title": "a\\u0000b"}'), (422,)),
    Hostile("raw NUL in a text", api(b'{"title": "a\x00b"}')),
    Hostile("lone surrogate", api('{"title": "\\ud800"}')),
    Hostile("lone surrogate as a name", api('{"title": "x", "\\udfff": 1}')),
    Hostile("invalid UTF-8", api(b'{"title": "\xff\xfe"}')),
    Hostile("surrogate in UTF-8", api(b'{"title": "\xed\xa0\x80"}')),
    Hostile("UTF-16", api('{"title": "x"}'.encode("utf-16"))),
    Hostile("UTF-16 without a mark", api('{"title": "x"}'.encode("utf-16-le"))),
    Hostile("UTF-32", api('{"title": "x"}'.encode("utf-32"))),
    Hostile("byte order mark", api(b"\xef\xbb\xbf" + NOTE)),
    Hostile("UTF-7 by its name", api(NOTE[:-1], kind="application/json; charset=utf-7")),
    Hostile("wrong types", api('{"title": {"a": 1}, "body": []}'), (422,)),
    Hostile("title too long", api(json.dumps({"title": "x" * 121})), (422,)),
    Hostile("title missing", api("{}"), (422,)),
    Hostile("field nobody knows", api('{"title": "x", "id": 7, "admin": true}'), (422,)),
    Hostile("prototype", api('{"title": "x", "__proto__": {"admin": true}}'), (422,)),
    Hostile("body of 17 MB", api(b'{"title": "' + b"x" * 17 * 1024 * 1024 + b'"}'), (413,)),
    Hostile("a million lists", api("[" + "[]," * 1_000_000 + "[]]"), (413,)),
    Hostile(
        "300 000 fields nobody knows", api(json.dumps(dict.fromkeys(map(str, range(300_000)), 1))), (413,)
    ),
    Hostile("1 000 fields nobody knows", api(json.dumps(dict.fromkeys(map(str, range(1_000)), 1))), (422,)),
    Hostile("JSON called text", api(NOTE, kind="text/plain"), (415,)),
    Hostile("JSON called a form", api(NOTE, kind=FORM), (415,)),
    Hostile("JSON called nothing", api(NOTE, kind=""), (415,)),
    Hostile(
        "XML",
        api(b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', kind="application/xml"),
        (415,),
    ),
    Hostile(
        "gzip",
        request(
            "POST /api/v1/notes/ HTTP/1.1",
            "Content-Type: application/json",
            "Content-Encoding: gzip",
            body=b"\x1f\x8b\x08",
        ),
    ),
    Hostile("PATCH with a list", api("[]", "PATCH", "/api/v2/notes/1"), (422,)),
)
FORMS = (
    Hostile("form without a token", form(b"title=x", FORM)),
    Hostile("1 001 parts", form(b"".join(part(f"f{n}") for n in range(1001)) + END), (413,)),
    Hostile("part without an end", form(part("title"))),
    Hostile("boundary missing", form(part("title") + END, "multipart/form-data")),
    Hostile("boundary of 2 000 letters", form(END, f"multipart/form-data; boundary={'a' * 2000}")),
    Hostile("boundary that never comes", form(b"x" * 1000)),
    Hostile(
        "part with a header of 1 MB",
        form(f"--{BOUNDARY}\r\nX: {'a' * 1_000_000}\r\n\r\nx\r\n".encode() + END),
        (413,),
    ),
    Hostile("part with a body beyond memory", form(part("title", b"x" * 600_000) + END), (413,)),
    Hostile("part with a NUL in its name", form(part("ti\x00tle") + END)),
    Hostile(
        "part in an unknown charset",
        form(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\nContent-Type: text/plain; charset=evil\r\n\r\nx\r\n'.encode()
            + END
        ),
    ),
    Hostile(
        "file called ../../etc/passwd",
        form(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="../../etc/passwd"\r\n\r\nx\r\n'.encode()
            + END
        ),
    ),
    Hostile("form of 600 000 bytes", form(b"title=" + b"x" * 600_000, FORM), (413,)),
    Hostile("form with broken percent-encoding", form(b"title=%zz%&csrf_token=%ff", FORM)),
    Hostile("forged token", form(b"title=x&csrf_token=IjAi.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb", FORM)),
)
