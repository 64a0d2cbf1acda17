"""Certificates for one test run: an authority, a server at 127.0.0.1 and localhost, and a client."""
import os
import subprocess

OPENSSL_CONFIG = """\
[server]
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
extendedKeyUsage = clientAuth
"""
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Certificates:
    def __init__(self, folder):
        self._folder = folder
        self.ca, self._ca_key = self._path("ca.pem"), self._path("ca.key")
        with open(self._path("openssl.conf"), "w", encoding="utf-8") as file:
            file.write(OPENSSL_CONFIG)
        self._openssl("req", "-x509", *NEW_KEY, "-days", "2", "-subj", "/CN=obek tests", "-keyout", self._ca_key, "-out", self.ca)
        self.server, self.server_key = self._signed("server")
        self.client, self.client_key = self._signed("client")
        self.keystore = self._path("keystore.pem")  # key and chain in one file, as Kafka reads it
        with open(self.keystore, "wb") as out:
            for path in (self.server_key, self.server, self.ca):
                with open(path, "rb") as file:
                    out.write(file.read())

    def _path(self, name):
        return os.path.join(self._folder, name)

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=30)

    def _signed(self, name):
        """(certificate, key)"""
        certificate, key, request = (self._path(f"{name}.{kind}") for kind in ("pem", "key", "request"))
        self._openssl("req", "-new", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._ca_key, "-set_serial", str(len(name)),
                      "-days", "2", "-extfile", self._path("openssl.conf"), "-extensions", name, "-out", certificate)
        return certificate, key
