/** User and password of HTTP Basic authentication (RFC 7617). */
import { type EmulatorRequest, headerOf } from './message.ts'

/** Undefined without the header, or if it has another scheme. */
export function basicCredentials(request: EmulatorRequest): readonly [user: string, password: string] | undefined {
  const [, encoded] = /^Basic ([\w+/=-]+)$/i.exec(headerOf(request, 'authorization') ?? '') ?? []
  if (encoded === undefined) return undefined
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? []
  return [user, password]
}
