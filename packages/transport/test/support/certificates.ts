/** A certificate authority for one test, made by the openssl program: no key is kept beyond it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsIdentity } from '@jwp/lines'

/** Paths, for command lines. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'jwp-ca-'))
  #issued = 0

  constructor(name = 'a CA for tests') {
    this.#openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', `/CN=${name}`)
  }

  get ca(): string {
    return join(this.folder, 'ca.crt')
  }

  /** @param days until it expires; below 0: it has. */
  issue({ days = 2, names = 'DNS:localhost,IP:127.0.0.1,IP:::1' } = {}): CertificateFiles {
    const name = `issued-${++this.#issued}`
    const [key, request, cert] = [`${name}.key`, `${name}.csr`, `${name}.crt`]
    const san = `subjectAltName=${names}`
    this.#openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`, '-addext', san)
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-copy_extensions', 'copy', '-days', String(days)]
    this.#openssl('x509', '-req', '-in', request, ...signed, '-out', cert)
    return { cert: join(this.folder, cert), key: join(this.folder, key), ca: this.ca }
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #openssl(...argv: string[]): void {
    execFileSync('openssl', argv, { cwd: this.folder, stdio: 'pipe' })
  }
}

export const identityFrom = ({ cert, key, ca }: CertificateFiles): TlsIdentity => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
  ca: readFileSync(ca),
})
