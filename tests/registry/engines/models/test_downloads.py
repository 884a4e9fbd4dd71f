"""Model files over https, from a server that cuts, repeats, lies and sends elsewhere."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from index.errors import EngineUnavailable, ModelDamaged
from registry.engines.models.downloads import MAX_FRUITLESS_TRIES, ModelDownloads
from tests.support.faces import made_models as made

BODY = bytes(range(256)) * 1024


class Server:
    """The replies of the https server, and the requests it received."""

    def __init__(self):
        self.body = BODY
        self.cuts = []
        """After how many bytes each of the next answers ends."""
        self.knows_ranges = True
        self.status = None
        self.sends_to = None
        self.asked = []
        self.url = ""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server(certificate, monkeypatch):
    """A server on this machine that a client trusts."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            state.asked.append(asked)
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and state.knows_ranges else 0
            if state.sends_to is not None:
                self.send_response(302)
                self.send_header("Location", state.sends_to)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            past = asked and state.knows_ranges and start >= len(state.body)
            self.send_response(
                state.status or (416 if past else 206 if asked and state.knows_ranges else 200)
            )
            sent = b"" if past else state.body[start:]
            self.send_header("Content-Length", str(len(sent)))
            if start and not past:
                self.send_header("Content-Range", f"bytes {start}-{len(state.body) - 1}/{len(state.body)}")
            self.end_headers()
            cut = state.cuts.pop(0) if state.cuts else len(sent)
            self.wfile.write(sent[:cut])
            self.close_connection = True

        def log_message(self, *_arguments):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    state.url = f"https://127.0.0.1:{httpd.server_address[1]}/model.onnx"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def downloads(tmp_path, server):
    """Downloads into a folder, with the server's certificate trusted."""
    downloads = ModelDownloads(tmp_path)
    yield downloads
    downloads.close()


def wanted(server, body=BODY):
    """The manifest's entry for the file."""
    return made.model_file("model.onnx", body, server.url)


def parts(tmp_path):
    """The part that was downloaded so far."""
    return list((tmp_path / ".parts").iterdir())


def test_a_file_is_loaded_and_told(server, downloads, tmp_path):
    """All of it in one answer; what was loaded can be forgotten."""
    told = []
    path = downloads.fetch(wanted(server), lambda there, of: told.append((there, of)))
    assert path.read_bytes() == BODY
    assert told[-1] == (len(BODY), len(BODY))
    assert server.asked == [None]
    downloads.delete_partial(wanted(server))
    assert parts(tmp_path) == []


def test_a_cut_connection_goes_on(server, downloads):
    """Each further answer brings what is missing, and nothing twice."""
    server.cuts = [1000, 5000, 0, 70_000]
    assert downloads.fetch(wanted(server)).read_bytes() == BODY
    assert server.asked == [None, "bytes=1000-", "bytes=6000-", "bytes=6000-", "bytes=76000-"]


def test_another_run_goes_on(server, downloads, tmp_path):
    """A command that was given up leaves what it had."""
    server.cuts = [1000] + [0] * MAX_FRUITLESS_TRIES
    with pytest.raises(EngineUnavailable, match=f"1000 of {len(BODY)} bytes"):
        downloads.fetch(wanted(server))
    again = ModelDownloads(tmp_path)
    assert again.fetch(wanted(server)).read_bytes() == BODY
    assert server.asked[-1] == "bytes=1000-"
    again.close()


def test_a_server_without_ranges_starts_over(server, downloads):
    """The server sends the whole file, which is not appended to the part."""
    server.knows_ranges, server.cuts = False, [1000]
    assert downloads.fetch(wanted(server)).read_bytes() == BODY


def test_a_part_too_long_starts_over(server, downloads, tmp_path):
    """A part that has more than the file is not gone on from."""
    file = wanted(server)
    path = downloads.fetch(file)
    path.write_bytes(BODY + b"more")
    assert downloads.fetch(file).read_bytes() == BODY
    assert server.asked == [None, f"bytes={len(BODY) + 4}-", None]


def test_another_file_is_refused_and_deleted(server, downloads, tmp_path):
    """Of the right length, with one bit that differs."""
    server.body = BODY[:-1] + b"x"
    with pytest.raises(ModelDamaged, match="SHA-256"):
        downloads.fetch(wanted(server))
    assert parts(tmp_path) == []


def test_a_file_too_large_is_not_kept(server, downloads, tmp_path):
    """Nothing beyond the manifest's size reaches the disk."""
    server.body = BODY + b"x"
    with pytest.raises(ModelDamaged, match=f"more than the {len(BODY)} bytes"):
        downloads.fetch(wanted(server))
    assert [path.stat().st_size for path in parts(tmp_path)] == [0]


def test_a_short_file_is_never_taken_for_whole(server, downloads):
    """A server that has less gives up in the end."""
    server.body = BODY[:-10]
    with pytest.raises(EngineUnavailable, match="goes on from them"):
        downloads.fetch(wanted(server))


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_refusal_is_told(server, downloads, status):
    """With the way that works without a network."""
    server.status = status
    with pytest.raises(EngineUnavailable, match=rf"answered {status}.*--file model\.onnx=PATH"):
        downloads.fetch(wanted(server))


def test_no_address_but_https_is_followed(server, downloads):
    """Also not one that the server sends on to."""
    server.sends_to = server.url.replace("https", "http")
    with pytest.raises(EngineUnavailable, match="https alone"):
        downloads.fetch(wanted(server))


def test_without_a_network_the_way_by_hand_is_told(server, downloads):
    """One line: what could not be loaded, from where, and what to do instead."""
    file = made.model_file("model.onnx", BODY, "https://127.0.0.1:1/model.onnx")
    with pytest.raises(EngineUnavailable, match=r"--file model\.onnx=PATH") as caught:
        downloads.fetch(file)
    assert "https://127.0.0.1:1/model.onnx" in str(caught.value)
    with pytest.raises(EngineUnavailable, match="not published"):
        downloads.fetch(made.model_file("model.onnx", BODY))


def test_a_certificate_of_nobody_is_not_trusted(server, tmp_path, monkeypatch):
    """The system's own authorities count, where nothing else is said."""
    monkeypatch.delenv("SSL_CERT_FILE")
    downloads = ModelDownloads(tmp_path)
    with pytest.raises(EngineUnavailable):
        downloads.fetch(wanted(server))
    assert server.asked == []
    downloads.close()
