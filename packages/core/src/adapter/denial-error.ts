/** A denial on its way through a framework's error handling. */
import type { DenialCode, Denied } from '../decision/decision.ts'

// Registered, so that two copies of the package recognise each other's errors.
const BRAND: unique symbol = Symbol.for('threescale.denial') as never

/**
 * What `onDeny: 'throw'` throws. It carries what Express, Fastify and Koa look for on an error. Its message is the
 * denial's reason. The caller's credential is masked in it, so that an error page with a stack shows no secret.
 */
export class DenialError extends Error {
  /** True for errors of another copy of the package, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  override readonly name: string = 'DenialError'
  readonly code: DenialCode
  readonly status: number
  readonly statusCode: number
  /** All fields of the denial but content-type, which described a body that is not sent. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether frameworks may show the message to the caller: true below 500, as http-errors has it. */
  readonly expose: boolean

  constructor(denied: Denied) {
    super(denied.reason)
    const { 'content-type': _, ...headers } = denied.headers
    Object.defineProperty(this, BRAND, { value: true })
    this.code = denied.code
    this.status = denied.status
    this.statusCode = denied.status
    this.headers = headers
    this.expose = denied.status < 500
  }
}
