"""A web server that says nothing but its page."""
import http.server
import sys


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the page\n")

    def log_message(self, *_):
        pass


print("the page is served", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
