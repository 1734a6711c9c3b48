// @ts-check
/** A self-made certificate for the backend stub, because the npm client `3scale` supports only TLS. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** Key and certificate for `localhost`, and a file for NODE_EXTRA_CA_CERTS. `remove` deletes the file. */
export async function createCertificate() {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  const folder = mkdtempSync(join(tmpdir(), 'threescale-bench-'))
  const file = join(folder, 'certificate.pem')
  writeFileSync(file, pems.cert)
  return { key: pems.private, cert: pems.cert, file, remove: () => rmSync(folder, { recursive: true }) }
}
