/** Where the operator is told: any logger in the shape of pino. */

/** The pino shape: an object of facts, then a sentence. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}
