/** The base of all errors, and how they are recognised across copies of the package. */

// `Symbol.for`, so that two copies of the package recognise each other's errors.
const BRAND = Symbol.for('threescale.error')

/** The cause of an error; it must be free of secrets. */
export interface ErrorDetails {
  readonly cause?: unknown
}

/** Base of all errors of these packages. Messages, causes and stacks carry no credential. */
export abstract class ThreeScaleError extends Error {
  /** The codes of a class's errors, by which it recognises those of another copy of the package. */
  static readonly codes: readonly string[] = []

  /** True for errors of another copy of the package, too. A class that you derive recognises its own errors only. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true
    if (!isBranded(value)) return false
    return this === ThreeScaleError || (Object.hasOwn(this, 'codes') && this.codes.includes(value.code))
  }

  /** Narrows the union `AnyThreeScaleError` in a switch. */
  abstract readonly code: string
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean = false

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    Object.defineProperty(this, BRAND, { value: true })
  }

  override get name(): string {
    return this.constructor.name
  }
}

/** Whether a value is an error of these packages, including another copy of them. */
export function isBranded(value: unknown): value is { readonly code: string } {
  return typeof value === 'object' && value !== null && BRAND in value
}
