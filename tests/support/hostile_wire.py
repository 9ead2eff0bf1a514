"""What the server itself should notice: framing, headers, request lines and paths."""

from hostile import CHUNK, NOTE, POST, SMUGGLED, Hostile, api, chunked, get, request

FRAMING = (
    Hostile("CL.TE", chunked(b"0\r\n\r\n" + SMUGGLED, "Content-Length: 6")),
    Hostile("TE.CL", chunked(b"5\r\nabcde\r\n0\r\n\r\n", "Content-Length: 3")),
    Hostile("TE.TE, the second unknown", chunked(CHUNK, "Transfer-Encoding: cow"), (501,)),
    Hostile("TE before the last coding", request("POST / HTTP/1.1", "Transfer-Encoding: chunked, gzip")),
    Hostile("TE with a vertical tab", request("POST / HTTP/1.1", "Transfer-Encoding: \x0bchunked")),
    Hostile("TE with a blank before the colon", request("POST / HTTP/1.1", "Transfer-Encoding : chunked")),
    Hostile("TE in quotes", request("POST / HTTP/1.1", 'Transfer-Encoding: "chunked"'), (501,)),
    Hostile("TE with an underscore", request("POST /notes/new HTTP/1.1", "Transfer_Encoding: chunked")),
    Hostile("TE in HTTP/1.0", request("POST / HTTP/1.0", "Transfer-Encoding: chunked") + CHUNK),
    Hostile("two lengths", request("POST / HTTP/1.1", "Content-Length: 5", body=b"abc")),
    Hostile("two equal lengths", request("POST / HTTP/1.1", "Content-Length: 3", body=b"abc")),
    Hostile("list of lengths", request("POST / HTTP/1.1", "Content-Length: 3, 3")),
    Hostile("negative length", request("POST / HTTP/1.1", "Content-Length: -1")),
    Hostile("signed length", request("POST / HTTP/1.1", "Content-Length: +3")),
    Hostile("hexadecimal length", request("POST / HTTP/1.1", "Content-Length: 0x3")),
    Hostile("length with an underscore", request("POST / HTTP/1.1", "Content-Length: 1_0")),
    Hostile(
        "length in Arabic digits", "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ٣\r\n\r\n".encode()
    ),
    Hostile(
        "length of a googol", request("POST /notes/new HTTP/1.1", f"Content-Length: 1{'0' * 100}"), (413,)
    ),
    Hostile(
        "length beyond the limit",
        request("POST /api/v1/notes/ HTTP/1.1", "Content-Type: application/json", "Content-Length: 99999999"),
        (413,),
    ),
    Hostile(
        "length longer than the body",
        request("POST /api/v1/notes/ HTTP/1.1", "Content-Type: application/json", "Content-Length: 99")
        + b"{",
    ),
    Hostile("negative chunk", chunked(b"-1\r\nabc\r\n0\r\n\r\n")),
    Hostile("chunk that is no number", chunked(b"zz\r\nabc\r\n0\r\n\r\n")),
    Hostile("chunk with a prefix", chunked(b"0xe\r\n" + NOTE + b"\r\n0\r\n\r\n")),
    Hostile("chunk of 2^64 bytes", chunked(b"ffffffffffffffff\r\nabc\r\n0\r\n\r\n")),
    Hostile("chunk without its end", chunked(b"e\r\n" + NOTE + b"XX0\r\n\r\n")),
    Hostile("chunk ended by a bare line feed", chunked(b"e\n" + NOTE + b"\r\n0\r\n\r\n")),
    Hostile("chunks that never end", chunked(b"e\r\n" + NOTE + b"\r\n")),
    Hostile("trailer that names a length", chunked(b"zz\r\n\r\n0\r\nContent-Length: 4\r\n\r\n")),
)
# On connections that stay open: what follows the broken framing must not become a request of its own.
KEPT = (
    Hostile(
        "request behind CL.TE",
        POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    ),
    Hostile("request behind a broken chunk", POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + SMUGGLED),
    Hostile(
        "request behind a chunk that is too short",
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
    ),
    Hostile(
        "request behind a body nobody read",
        request("GET / HTTP/1.1", "Host: evil.example", body=SMUGGLED).replace(b"Connection: close\r\n", b""),
    ),
    Hostile(
        "request behind two lengths", POST + b"Content-Length: 2\r\nContent-Length: 0\r\n\r\n" + SMUGGLED
    ),
)
HEADERS = (
    Hostile("folded header", request("GET / HTTP/1.1", "X-Long: a\r\n b")),
    Hostile("folded first header", b"GET / HTTP/1.1\r\n Host: 127.0.0.1\r\n\r\n"),
    Hostile("two hosts", request("GET / HTTP/1.1", "Host: evil.example")),
    Hostile("empty host", request("GET / HTTP/1.1", host="Host: ")),
    Hostile("another host", request("GET / HTTP/1.1", host="Host: evil.example")),
    Hostile(
        "another host, named by a proxy",
        request("GET / HTTP/1.1", "X-Forwarded-Host: 127.0.0.1", host="Host: evil.example"),
    ),
    Hostile("host with a path", request("GET / HTTP/1.1", host="Host: 127.0.0.1/evil.example")),
    Hostile("host with a user", request("GET / HTTP/1.1", host="Host: 127.0.0.1@evil.example")),
    Hostile("host that only begins well", request("GET / HTTP/1.1", host="Host: 127.0.0.1.evil.example")),
    Hostile("host with a strange port", request("GET / HTTP/1.1", host="Host: 127.0.0.1:evil")),
    Hostile("host with a NUL", request("GET / HTTP/1.1", host="Host: 127.0.0.1\x00")),
    Hostile("host of 8 000 letters", request("GET / HTTP/1.1", host=f"Host: {'a' * 8000}")),
    Hostile(
        "absolute address, another host in both",
        request("GET http://evil.example/ HTTP/1.1", host="Host: evil.example"),
    ),
    Hostile("1 000 headers", request("GET / HTTP/1.1", *[f"X-{n}: y" for n in range(1000)]), (431,)),
    Hostile("101 headers", request("GET / HTTP/1.1", *[f"X-{n}: y" for n in range(101)]), (431,)),
    Hostile("header of 1 MB", request("GET / HTTP/1.1", f"X-Long: {'a' * 1_000_000}"), (431,)),
    Hostile(
        "cookie of 9 000 bytes", request("GET / HTTP/1.1", f"Cookie: __Host-session={'a' * 9000}"), (431,)
    ),
    Hostile("header name with a blank", request("GET / HTTP/1.1", "X Y: z")),
    Hostile("header without a name", request("GET / HTTP/1.1", ": z")),
    Hostile("header without a colon", request("GET / HTTP/1.1", "nonsense")),
    Hostile("header name with a NUL", request("GET / HTTP/1.1", "X\x00Y: z")),
    Hostile("header value with a NUL", request("GET / HTTP/1.1", "X-Y: a\x00b")),
    Hostile("header value with a bare carriage return", request("GET / HTTP/1.1", "X-Y: a\rSet-Cookie: b")),
    Hostile("script name from outside", get("/nothing", "Script-Name: /evil", "SCRIPT_NAME: /evil"), (404,)),
    Hostile("expectation nobody meets", request("POST /notes/new HTTP/1.1", "Expect: a-miracle"), (417,)),
)
LINES = (
    Hostile("line of 1 MB", get(f"/{'a' * 1_000_000}"), (414,)),
    Hostile("line of 5 000 bytes", get(f"/{'a' * 5000}"), (414,)),
    Hostile("no version", b"GET /\r\n\r\n"),
    Hostile("version 0.9", request("GET / HTTP/0.9")),
    Hostile("version 3.0", request("GET / HTTP/3.0")),
    Hostile("version 9.9", request("GET / HTTP/9.9")),
    Hostile("version of letters", request("GET / HTTP/x.y")),
    Hostile("start of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Hostile("line of the PROXY protocol", b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + SMUGGLED),
    Hostile("start of TLS", bytes.fromhex("1603010200010001fc0303") + bytes(200), ()),
    Hostile("bytes of all kinds", bytes(range(255, 0, -1)) + b"\r\n\r\n"),
    Hostile("only line ends", b"\r\n" * 50),
    Hostile("half a line, then silence", b"GET / HT", ()),
    Hostile("half the headers, then silence", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Y", ()),
    Hostile("lower-case method", request("get / HTTP/1.1")),
    Hostile("unknown method", request("BREW / HTTP/1.1"), (405,)),
    Hostile("TRACE", request("TRACE / HTTP/1.1"), (405,)),
    Hostile("CONNECT", request("CONNECT evil.example:443 HTTP/1.1"), (404,)),
    Hostile("DELETE of the home page", request("DELETE / HTTP/1.1"), (405,)),
    Hostile("method of 4 000 letters", request(f"{'A' * 4000} / HTTP/1.1")),
    Hostile("method override", request("POST / HTTP/1.1", "X-HTTP-Method-Override: DELETE"), (405,)),
    Hostile("asterisk", request("GET * HTTP/1.1")),
    Hostile("path without a slash", request("GET nothing HTTP/1.1")),
    Hostile("blank in the path", get("/a b")),
    Hostile("NUL in the path", get("/a\x00b")),
    Hostile("NUL in the path, encoded", get("/a%00b"), (404,)),
    Hostile("broken percent-encoding", get("/%zz%"), (404,)),
    Hostile("invalid UTF-8, encoded", get("/%ff%fe"), (404,)),
    Hostile("overlong UTF-8, encoded", get("/%c0%ae%c0%ae/etc/passwd"), (404,)),
    Hostile("line ends in the path, encoded", get("/%0d%0aSet-Cookie:%20a=b"), (404,)),
    Hostile("climbing out of the static files", get("/static/../../../etc/passwd"), (404,)),
    Hostile("climbing, encoded", get("/static/..%2f..%2f..%2fetc%2fpasswd"), (404,)),
    Hostile("climbing, encoded twice", get("/static/%252e%252e/%252e%252e/etc/passwd"), (404,)),
    Hostile("climbing with backslashes", get("/static/..\\..\\etc\\passwd"), (404,)),
    Hostile("NUL in the name of a static file", get("/static/app.css%00.png"), (404,)),
    Hostile("static file of 3 000 letters", get(f"/static/{'a' * 3000}"), (404,)),
    Hostile("range of a file that is not there", get("/static/nothing", "Range: bytes=0-0,1-1,2-2"), (404,)),
    Hostile("range that no file has", get("/static/css/app.css", "Range: bytes=99999999-"), (416,)),
    Hostile("two slashes and another host", get("//evil.example/%2e%2e"), (404,)),
)
# What the specifications leave open, and what Nginx refuses in front of Gunicorn: taken, but with the address that is
# trusted.
HARMLESS = (
    Hostile("no host", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", (200,)),
    Hostile("absolute address, another host in it", request("GET http://evil.example/ HTTP/1.1"), (200,)),
    Hostile("asterisk instead of a path", request("OPTIONS * HTTP/1.1"), (308,)),
    Hostile("JSON name that occurs twice: the last counts", api('{"title": "x", "title": "y"}'), (201,)),
)
