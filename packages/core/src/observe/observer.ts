/** Publishes what the gateway does: diagnostics channels, counters and the operator's log. Decides nothing. */
import { channel } from 'node:diagnostics_channel'
import type { Decision } from '../decision/decision.ts'
import type { Credentials } from '../domain/credentials.ts'
import type { Usage } from '../domain/usage.ts'
import type { Clock } from '../primitives/clock.ts'
import { createCallerNames } from './caller-names.ts'
import { CHANNELS } from './channels.ts'
import { configurationSentence } from './configuration-sentence.ts'
import { createCounters } from './counters.ts'
import type { FailedCall } from './failed-call.ts'
import { JOURNAL_TROUBLE, journalSentence } from './journal-sentence.ts'
import { keysSentence } from './keys-sentence.ts'
import type { Logger } from './logger.ts'
import { lossSentence } from './loss-sentence.ts'
import type {
  BreakerMessage,
  CacheMessage,
  CallMessage,
  ConfigurationMessage,
  JournalMessage,
  KeysMessage,
  LossMessage,
  LossReason,
  ReportMessage,
  StoreMessage,
} from './messages.ts'
import { createOperator } from './operator.ts'
import { createOutages } from './outages.ts'
import type { GatewayStats } from './stats.ts'
import { STORE_TROUBLE, storeSentence } from './store-sentence.ts'

/** One per gateway, shared by its routes. Methods never throw, and mask the credentials that they are given. */
export interface Observer {
  /** The masked name of a caller for logs, such as `userKey:1f0a99c2`. */
  callerName(credentials: Credentials): string
  /**
   * Called once per request with its decision (in `mode: 'observe'`, the one that would hold). Without a subscriber it
   * only increments a counter.
   */
  decided(
    decision: Decision,
    service: string | undefined,
    credentials: Credentials | undefined,
    fault?: string | undefined,
  ): void
  /**
   * Called after each call to the backend. The operator is told of the first failure, and of the first answer after it;
   * of failures that go on or come again within 10 s only once.
   *
   * @param failure why it failed; an answer that was not 3scale's ends no outage, even of a call that did not fail.
   */
  called(call: CallMessage, failure?: FailedCall): void
  /** Called when the cached mode does more than answer from memory; an application is `{ appId }`. */
  cached(event: CacheMessage['event'], service: string | undefined, credentials: Credentials | undefined): void
  /** Called after each batch of transactions. */
  reported(report: ReportMessage): void
  breaker(change: BreakerMessage): void
  /** Called when a journal took over usage, or cannot do its work. */
  journal(message: JournalMessage): void
  /** Called when a store changes its state, or has lost something. */
  store(message: StoreMessage): void
  /** Called after each fetch of the keys of an identity provider. */
  keys(message: KeysMessage): void
  /** Called after each load of a configuration. @param ready whether there is one. */
  configuration(message: ConfigurationMessage, ready: boolean): void
  /** Called for usage that 3scale will not count, or seems not to have counted; also logged. */
  lost(loss: Loss): void
  /**
   * Called if 3scale refuses our own settings: logged as an error; without a logger, warned once by
   * process.emitWarning.
   *
   * @param code 3scale's code or our own; a code is not logged again within a minute.
   * @param reason 3scale's sentence, without our credentials (`client.withoutSecrets`).
   */
  misconfigured(code: string, reason: string): void
  /** As `misconfigured`, but a warning: for anything else the operator should know, such as a wrong clock. */
  warn(code: string, message: string, facts?: object): void
  /** The counters that `stats()` adds to the ledger's sums. */
  counts(): Pick<GatewayStats, 'decisions' | 'calls'>
}

export interface Loss {
  readonly kind: LossMessage['kind']
  readonly reason: LossReason
  readonly service: string | undefined
  /** Unmasked. */
  readonly applicationId: string | undefined
  readonly usage: Usage
}

export interface ObserverOptions {
  /** If undefined, process.emitWarning tells the operator once. */
  readonly logger: Logger | undefined
  readonly clock: Clock
  readonly mode: 'enforce' | 'observe'
  /** Warnings about the options, given at creation. */
  readonly warnings: readonly string[]
}

/** Gives the warnings about the options at once; otherwise does nothing until it is called. */
export function createObserver(options: ObserverOptions): Observer {
  const { logger } = options
  const enforced = options.mode === 'enforce'
  const callerName = createCallerNames()
  const operator = createOperator(logger, options.clock)
  const counters = createCounters()
  const decisions = channel(CHANNELS.decision)
  const calls = channel(CHANNELS.call)
  const cache = channel(CHANNELS.cache)
  const reports = channel(CHANNELS.report)
  const breakers = channel(CHANNELS.breaker)
  const losses = channel(CHANNELS.loss)
  const journals = channel(CHANNELS.journal)
  const stores = channel(CHANNELS.store)
  const keys = channel(CHANNELS.keys)
  const configurations = channel(CHANNELS.configuration)
  const outages = createOutages(logger, options.clock)

  const nameOf = (credentials: Credentials | undefined) =>
    credentials === undefined ? undefined : callerName(credentials)

  for (const [index, warning] of options.warnings.entries()) {
    operator.tell('warn', `THREESCALE_OPTIONS_${index + 1}`, warning)
  }

  return {
    callerName,

    decided(decision, service, credentials, fault) {
      counters.decided(decision)
      if (!decisions.hasSubscribers) return
      const allowed = decision.outcome === 'allow' ? decision : undefined
      const denied = decision.outcome === 'deny' ? decision : undefined
      decisions.publish({
        outcome: decision.outcome,
        enforced,
        service,
        caller: nameOf(credentials),
        source: allowed?.source,
        usage: allowed?.usage,
        code: denied?.code,
        fault,
        status: denied?.status,
        retryAfterMs: denied?.retryAfterMs,
      })
    },

    called(call, failure) {
      counters.called(call.endpoint)
      if (calls.hasSubscribers) calls.publish(call)
      outages.called(call, failure)
    },

    cached(event, service, credentials) {
      if (cache.hasSubscribers) cache.publish({ event, service, caller: nameOf(credentials) })
    },

    reported(report) {
      if (reports.hasSubscribers) reports.publish(report)
      logger?.debug({ ...report }, 'usage reported to 3scale')
    },

    breaker(change) {
      if (breakers.hasSubscribers) breakers.publish(change)
      outages.breaker(change.state)
    },

    journal(message) {
      if (journals.hasSubscribers) journals.publish(message)
      const { event, ...facts } = message
      const sentence = journalSentence(message)
      if (!JOURNAL_TROUBLE.has(event)) logger?.info({ ...message }, sentence)
      else operator.tell('warn', `THREESCALE_JOURNAL_${event}`.toUpperCase().replaceAll('-', '_'), sentence, facts)
    },

    store(message) {
      if (stores.hasSubscribers) stores.publish(message)
      const { event, ...facts } = message
      if (!STORE_TROUBLE.has(event)) logger?.info({ ...message }, storeSentence(message))
      else operator.tell('warn', `THREESCALE_STORE_${event}`.toUpperCase(), storeSentence(message), facts)
    },

    keys(message) {
      if (keys.hasSubscribers) keys.publish(message)
      const { event, ...facts } = message
      if (event === 'failed') operator.tell('warn', 'THREESCALE_KEYS_UNAVAILABLE', keysSentence(message), facts)
      else if (event !== 'unchanged') logger?.info({ ...message }, keysSentence(message))
    },

    configuration(message, ready) {
      if (configurations.hasSubscribers) configurations.publish(message)
      const { event, ...facts } = message
      if (event === 'unchanged') return
      const sentence = configurationSentence(message, ready)
      if (event === 'failed') operator.tell('warn', 'THREESCALE_CONFIGURATION_FAILED', sentence, facts)
      else logger?.info({ ...message }, sentence)
    },

    lost({ kind, reason, service, applicationId, usage }) {
      const application = applicationId === undefined ? undefined : callerName({ appId: applicationId })
      const message: LossMessage = { kind, reason, service, application, usage }
      if (losses.hasSubscribers) losses.publish(message)
      const sentence = lossSentence(message)
      // The logger gets each loss. Without a logger only the first of a kind is a process warning (law 8).
      if (logger === undefined)
        operator.tell('warn', `THREESCALE_USAGE_${kind}_${reason}`.toUpperCase().replaceAll('-', '_'), sentence)
      else logger.warn({ ...message }, sentence)
    },

    misconfigured(code, reason) {
      operator.tell('error', code, `3scale refuses our settings: ${reason}`)
    },

    warn(code, message, facts) {
      operator.tell('warn', code, message, facts)
    },

    counts: counters.read,
  }
}
