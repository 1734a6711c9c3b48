/** A key and a certificate for localhost and 127.0.0.1, generated for one test run and valid for a day. */
import { generateKeyPairSync, sign } from 'node:crypto'

export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

/** Trust it by giving `cert` as `ca`. */
export function createSelfSignedCertificate(): KeyAndCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)) // ecdsa-with-SHA256
  const name = sequence(element(0x31, sequence(oid(0x55, 0x04, 0x03), text(0x0c, 'localhost'))))
  const day = 86_400_000
  const validity = sequence(utcTime(Date.now() - day), utcTime(Date.now() + day))
  const authority = extension([0x55, 0x1d, 0x13], sequence(element(0x01, Buffer.of(0xff))))
  const names = extension([0x55, 0x1d, 0x11], sequence(text(0x82, 'localhost'), element(0x87, Buffer.of(127, 0, 0, 1))))
  const body = sequence(
    element(0xa0, element(0x02, Buffer.of(2))),
    element(0x02, Buffer.of(1)),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(authority, names)),
  )
  const signature = element(0x03, Buffer.of(0), sign('sha256', body, privateKey))
  const base64 = sequence(body, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  }
}

function element(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), content])
}

function sequence(...contents: Buffer[]): Buffer {
  return element(0x30, ...contents)
}

function oid(...bytes: number[]): Buffer {
  return element(0x06, Buffer.from(bytes))
}

function text(tag: number, value: string): Buffer {
  return element(tag, Buffer.from(value))
}

function extension(id: number[], value: Buffer): Buffer {
  return sequence(oid(...id), element(0x04, value))
}

function utcTime(at: number): Buffer {
  return text(
    0x17,
    `${new Date(at)
      .toISOString()
      .replace(/[-:T]|\.\d+/g, '')
      .slice(2)}`,
  )
}
