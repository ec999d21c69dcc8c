"""The text of VERIFY.txt: a bundle checked with stock tools alone."""

VERIFY_TXT = r"""HOW TO CHECK THIS BUNDLE WITHOUT LINDUNG

You need: tar, sha256sum, openssl 3, and the signer's public key in a PEM file
that you got from the hotline itself, not from this bundle. Unpack the bundle into
an empty directory, go there, and run what stands between the two lines:

    TRUSTED=/path/to/the/signer-public.pem

----- begin -----
check() {
  openssl pkeyutl -verify -pubin -inkey "$TRUSTED" -rawin -in manifest.json \
    -sigfile manifest.sig >/dev/null 2>&1 ||
    { echo "TAMPERED: the manifest is not the one that was signed"; return 1; }
  for f in SHA256SUMS VERIFY.txt signer.pem; do
    grep -qF "\"$f\":\"$(sha256sum < "$f" | cut -c1-64)\"" manifest.json ||
      { echo "TAMPERED: $f is not the one in the manifest"; return 1; }
  done
  while read -r digest f; do
    [ -e "$f" ] || { echo "CANNOT ESTABLISH: $f is missing; was it deleted by law?"; return 2; }
  done < SHA256SUMS
  if [ -s SHA256SUMS ]; then
    sha256sum -c --quiet --strict SHA256SUMS 2>/dev/null ||
      { echo "TAMPERED: a file is not the one in the manifest"; return 1; }
  fi
  echo "AUTHENTIC: every file is the one that was signed"
}
if [ -r "$TRUSTED" ]; then check; else echo "CANNOT ESTABLISH: no trusted key"; (exit 2); fi
----- end -----

It prints AUTHENTIC, TAMPERED or CANNOT ESTABLISH.

WHEN IT WAS SEALED. Each tokens/N.tsr is a time stamp (RFC 3161) over manifest.sig. With
the time authority's root certificate in tsa.pem:

    openssl ts -verify -data manifest.sig -in tokens/0.tsr -CAfile tsa.pem

WHAT THIS DOES NOT CHECK. The place in the custody log (log/) and its witnesses: use
`lindung verify`. Whether the page was true: no tool can. The files in files/ are encrypted (age);
only the holders of the keys named in the manifest under "recipients" can open them.
"""
