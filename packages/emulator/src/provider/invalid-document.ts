/** How a document that cannot be used is refused. */

/** One thing wrong with a document; `path` as in JavaScript, for example `services[0].metrics[1].name`. */
export interface Problem {
  readonly path: string
  readonly message: string
}

/** A document that is refused. Lists all problems. */
export class InvalidDocumentError extends Error {
  readonly problems: readonly Problem[]

  constructor(what: string, problems: readonly Problem[]) {
    super(`invalid ${what}: ${problems.map(({ path, message }) => `${path || 'document'} ${message}`).join('; ')}`)
    this.name = 'InvalidDocumentError'
    this.problems = problems
  }
}
