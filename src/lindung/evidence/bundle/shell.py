"""The text of VERIFY.txt: a bundle checked with stock tools alone."""

VERIFY_TXT = r"""HOW TO CHECK THIS BUNDLE WITHOUT LINDUNG

You need: a POSIX shell, tar, sha256sum, openssl 3, and the signer's public key in a PEM
file that you got from the hotline itself, not from this bundle. Unpack the bundle
into an empty directory, go there, and run what stands between the two lines:

    TRUSTED=/path/to/the/signer-public.pem

----- begin -----
say() { printf '%s\n' "$1" | LC_ALL=C tr -cd '[:print:]\n'; }
tampered() { say "TAMPERED: $1"; return 1; }
cannot() { say "CANNOT ESTABLISH: $1"; return 2; }
sum() { sha256sum < "$1" | cut -c1-64; }
raw_key() {
  openssl pkey -pubin -in "$1" -outform DER 2>/dev/null | tail -c 32 | openssl base64 -A
}
here() { [ -f "$1" ] && [ ! -h "$1" ] && { [ -s "$1" ] || [ "$1" = SHA256SUMS ]; }; }
signed() {
  openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in manifest.json -sigfile manifest.sig \
    >/dev/null 2>&1
}
deleted() {
  cat log/*/entry.json | tr '}' '\n' | grep -F '"kind":"evidence-deleted"' | grep -qF "\"$1\""
}
check() {
  for tool in openssl sha256sum grep sed find cut tail tr; do
    command -v "$tool" >/dev/null 2>&1 || { cannot "there is no $tool here"; return; }
  done
  case $(openssl version 2>/dev/null) in
    "OpenSSL "[3-9]*) ;;
    *) cannot "openssl 3 or later is needed"; return ;;
  esac
  unknown=
  trusted=$(raw_key "${TRUSTED:-/nowhere}")
  [ -n "$trusted" ] || { cannot "there is no trusted key; name it in TRUSTED"; return; }
  for f in manifest.json manifest.sig SHA256SUMS VERIFY.txt signer.pem \
    log/0/entry.json log/0/checkpoint; do
    here "$f" || { tampered "$f is missing"; return; }
  done
  signed signer.pem || { tampered "the manifest is not the one that was signed"; return; }
  claimed=$(raw_key signer.pem)
  grep -qF "\"signer\":{\"key\":\"$claimed\",\"name\":" manifest.json ||
    { tampered "signer.pem is not the one in the manifest"; return; }
  [ "$claimed" = "$trusted" ] || unknown="it is signed with another key than yours"
  for f in SHA256SUMS VERIFY.txt signer.pem; do
    grep -qF "\"$f\":\"$(sum "$f")\"" manifest.json ||
      { tampered "$f is not the one in the manifest"; return; }
  done
  known=" manifest.json manifest.sig SHA256SUMS VERIFY.txt signer.pem "
  entries=0
  while [ -e "log/$entries/entry.json" ]; do
    e="log/$entries"
    known="$known$e/entry.json $e/checkpoint "
    [ "$entries" = 0 ] || known="$known$e/consistency.json "
    for part in "\"manifest_sha256\":\"$(sum manifest.json)\"" \
      "\"signature_sha256\":\"$(sum manifest.sig)\""; do
      grep -qF "$part" "$e/entry.json" ||
        { tampered "$e/entry.json is about another manifest"; return; }
    done
    for f in $(grep -o '"tokens/[0-9.]*[a-z]*":"[0-9a-f]*"' "$e/entry.json" | tr -d '"'); do
      [ -f "${f%:*}" ] && [ "$(sum "${f%:*}")" = "${f#*:}" ] ||
        { tampered "${f%:*} is not the one in the log's entry"; return; }
      known="$known${f%:*} "
    done
    entries=$((entries + 1))
  done
  while read -r digest f; do
    known="$known$f "
    if [ -e "$f" ]; then
      [ "$(sum "$f")" = "$digest" ] || { tampered "$f is not the one in the manifest"; return; }
      deleted "$f" && { tampered "the deleted file $f is back"; return; }
    elif deleted "$f"; then
      unknown="$f was deleted, as the log says"
    else
      tampered "$f is missing"; return
    fi
  done < SHA256SUMS
  for f in $(echo "$known"); do
    here "$f" || [ -z "${f%%files/*}" ] || { tampered "$f is missing"; return; }
  done
  surplus=$(find . ! -type d | sed 's/^\.\///' | while IFS= read -r f; do
    case $known in *" $f "*) ;; *) echo "$f" ;; esac
  done | tr -cd 'A-Za-z0-9._/\n' | tr '\n' ' ')
  [ -z "$surplus" ] || { tampered "nobody sealed $surplus"; return; }
  [ -z "$unknown" ] || { cannot "$unknown"; return; }
  echo "AUTHENTIC: every file is the one that was signed"
}
check
----- end -----

It prints AUTHENTIC, TAMPERED or CANNOT ESTABLISH; `echo $?` then says 0, 1 or 2.

WHEN IT WAS SEALED. Each tokens/N.tsr is a time stamp (RFC 3161) over manifest.sig. With
the time authority's root certificate in tsa.pem:

    openssl ts -verify -data manifest.sig -in tokens/0.tsr -CAfile tsa.pem

WHAT THIS DOES NOT CHECK. That the bundle's place in the custody log (log/) was signed by the
log and its witnesses, and the times: use `lindung verify`. Whether the page was true: no tool
can. The files in files/ are encrypted (age); only the holders of the keys named in the
manifest under "recipients" can open them.
"""
