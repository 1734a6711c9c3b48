/** A caller whose usage a store counts, once its application is known. */
import type { ProtectedService } from '../../decision/protected-service.ts'
import type { Credentials } from '../../domain/credentials.ts'
import type { LimitCount } from '../../domain/limit-count.ts'
import type { UsageShape } from '../../domain/usage.ts'
import type { ApplicationLedger } from '../../ledger/application-ledger.ts'
import { Identity } from '../callers/identity.ts'
import type { StoredService } from './stored-service.ts'

export class StoredIdentity extends Identity {
  readonly #stored: StoredService

  constructor(
    stored: StoredService,
    service: ProtectedService,
    credentials: Credentials,
    referrer: string | undefined,
    application: ApplicationLedger,
  ) {
    super(service, credentials, referrer, application)
    this.#stored = stored
  }

  override limits(): readonly LimitCount[] {
    return this.application.id === undefined ? super.limits() : this.#stored.limits(this.application)
  }

  override count(usage: UsageShape, code: number | undefined): void {
    // Usage of a caller that no answer has proved stays here. Usage after the end is given up and told.
    if (this.application.id === undefined || this.#stored.closed) super.count(usage, code)
    else this.#stored.book(this.application, usage, code)
  }
}
