/** The logger that tells the operator: any in the shape of pino. */

/** Each method takes an object of facts, then a sentence. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}
