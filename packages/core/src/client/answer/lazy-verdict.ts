/** Verdicts that read their document only when a detail is first asked for. */
import { inspect } from 'node:util'
import type { Authorized, LimitHeaders, NotAuthorized, UsageReport } from '../../domain/verdict.ts'
import { type Details, NO_DETAILS } from './details.ts'
import { detailsReady, readDetails } from './read-details.ts'

/** Application of an answer. Its key is private, so that neither inspect nor JSON shows it. */
class AnsweredApplication {
  readonly id: string | undefined
  readonly redirectUrl: string | undefined
  readonly #key: string | undefined

  constructor(details: Details) {
    this.id = details.applicationId
    this.redirectUrl = details.redirectUrl
    this.#key = details.applicationKey
  }

  get key(): string | undefined {
    return this.#key
  }
}

/** A verdict whose details may need a parser that is not loaded yet. */
export interface Prepared {
  /** To be awaited before details are read; undefined if they can be read at once. */
  readonly ready: Promise<void> | undefined
}

abstract class LazyAnswer implements Prepared {
  readonly status: number
  readonly limit: LimitHeaders | undefined
  #document: string | undefined
  #details: Details | undefined
  #application: AnsweredApplication | undefined

  constructor(status: number, document: string | undefined, limit: LimitHeaders | undefined) {
    this.status = status
    this.limit = limit
    this.#document = document
  }

  get ready(): Promise<void> | undefined {
    return this.#document === undefined ? undefined : detailsReady(this.#document)
  }

  get #read(): Details {
    if (this.#details === undefined) {
      this.#details = this.#document === undefined ? NO_DETAILS : readDetails(this.#document)
      this.#document = undefined
    }
    return this.#details
  }

  get readable(): boolean {
    return this.#read.readable
  }

  get plan(): string | undefined {
    return this.#read.plan
  }

  get application(): AnsweredApplication {
    this.#application ??= new AnsweredApplication(this.#read)
    return this.#application
  }

  get usageReports(): readonly UsageReport[] {
    return this.#read.usageReports
  }

  get hierarchy(): ReadonlyMap<string, readonly string[]> | undefined {
    return this.#read.hierarchy
  }

  get appKeys(): readonly string[] | undefined {
    return this.#read.appKeys
  }

  /** Everything but the keys. */
  toJSON(): object {
    const { status, readable, plan, application, usageReports, hierarchy, limit } = this
    return {
      status,
      readable,
      plan,
      application,
      usageReports,
      hierarchy: hierarchy && Object.fromEntries(hierarchy),
      limit,
    }
  }

  [inspect.custom](_depth: number, options: object, inspectValue: typeof inspect): string {
    return `Verdict ${inspectValue(this.toJSON(), options)}`
  }
}

class AuthorizedAnswer extends LazyAnswer implements Authorized {
  readonly authorized = true

  override toJSON(): object {
    return { authorized: true, ...super.toJSON() }
  }
}

class NotAuthorizedAnswer extends LazyAnswer implements NotAuthorized {
  readonly authorized = false
  readonly code: string
  readonly reason: string
  readonly foreign: string | undefined

  constructor(
    status: number,
    code: string,
    reason: string,
    document: string | undefined,
    limit: LimitHeaders | undefined,
    foreign: string | undefined,
  ) {
    super(status, document, limit)
    this.code = code
    this.reason = reason
    this.foreign = foreign
  }

  /** Masks what the reason quotes: a credential of the caller or of the API provider. */
  override toJSON(): object {
    const reason = this.reason.replace(/"[\s\S]*"/, '"***"')
    return { authorized: false, code: this.code, reason, foreign: this.foreign, ...super.toJSON() }
  }
}

/** @param document a complete status document; undefined if the call asked for none. */
export function authorizedVerdict(
  status: number,
  document: string | undefined,
  limit?: LimitHeaders,
): Authorized & Prepared {
  return new AuthorizedAnswer(status, document, limit)
}

/**
 * @param document a status document without its reason; undefined if there is none.
 * @param foreign the content type of an answer that is not 3scale's.
 */
export function deniedVerdict(
  status: number,
  code: string,
  reason: string,
  document?: string,
  limit?: LimitHeaders,
  foreign?: string,
): NotAuthorized & Prepared {
  return new NotAuthorizedAnswer(status, code, reason, document, limit, foreign)
}
