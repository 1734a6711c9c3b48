/** Plays a schedule and returns everything that broke a law. */
import { createEmulator, type EmulatorState } from '@threescale/emulator'
import { AllowedDecision } from '../../packages/core/src/decision/allowed-decision.ts'
import { DEFAULTS } from '../../packages/core/src/defaults.ts'
import { windowOf } from '../../packages/core/src/domain/period.ts'
import { storageKey } from '../../packages/core/src/domain/storage-key.ts'
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import { TransportError } from '../../packages/core/src/errors.ts'
import type { UsageSums } from '../../packages/core/src/observe/stats.ts'
import { imbalance } from '../support/imbalance.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { MirrorJournal } from '../support/mirror-journal.ts'
import { createWorld, type Outcome, SERVICE, type World } from '../support/world.ts'
import { Acceptance } from './acceptance.ts'
import { BackendLog } from './backend-log.ts'
import { Callers, WRONG } from './callers.ts'
import { applicationOf, changeState } from './change-state.ts'
import { Deletions } from './deletions.ts'
import { goWrong } from './faults.ts'
import { findForged } from './find-forged.ts'
import { type Forgery, HOSTILE, hostileApplication, isReadable } from './forgery.ts'
import { Judge, SETTLE_MS } from './judge.ts'
import { judgeCounts } from './judge-counts.ts'
import { Misroutes } from './misroutes.ts'
import { type Change, type Limit, METRICS, type Schedule, type Step } from './schedule.ts'

/** A request from its arrival until its answer. */
interface OpenRequest {
  readonly application: number
  readonly caller: string
  /** By the service's time. */
  readonly since: number
  /** By elapsed time. */
  readonly sinceElapsed: number
  /** By the backend's clock. */
  readonly sinceAtBackend: number
  admitted: boolean | undefined
}

const MAX_AHEAD_MS = 45 * 60_000

/** The problems found; empty when all laws held. */
export async function runSchedule(schedule: Schedule): Promise<string[]> {
  return await new Run(schedule).play()
}

class Run {
  readonly #schedule: Schedule
  readonly #clock: ManualClock
  readonly #world: World
  readonly #judge: Judge
  readonly #journal: MirrorJournal
  readonly #callers: Callers
  readonly #acceptance: Acceptance
  readonly #misroutes = new Misroutes()
  readonly #log = new BackendLog()
  readonly #deletions = new Deletions()
  readonly #faults: Extract<Step, { do: 'fault' }>[] = []
  #faultCalls = 0
  #state: EmulatorState
  #calls = 0
  readonly #openRequests = new Set<OpenRequest>()
  readonly #denials: (() => void)[] = []
  #skewMs: number
  readonly #responding: (() => void)[] = []
  #corrections = 0
  #restarts = 0
  #downUntil = Number.NEGATIVE_INFINITY

  constructor(schedule: Schedule) {
    this.#schedule = schedule
    this.#clock = new ManualClock(schedule.start)
    this.#skewMs = schedule.skewMs
    this.#callers = new Callers(schedule)
    this.#judge = new Judge(schedule.limits, vagueApplications(schedule))
    this.#acceptance = new Acceptance(DEFAULTS.cache.staleMs, this.#judge.problems)
    this.#state = initialState(schedule)
    const emulator = createEmulator({
      state: this.#state,
      clock: { now: () => this.#clock.now() + this.#skewMs },
      reportDelayMs: schedule.lagMs,
    })
    this.#world = createWorld({
      state: this.#state,
      emulator,
      clock: this.#clock,
      cache: { maxApplications: schedule.room },
      policy: { onUnavailable: schedule.onUnavailable },
    })
    this.#journal = new MirrorJournal(this.#world.ledger)
    this.#world.fault = async (request, pass) => {
      const [there, back] = schedule.latencies[this.#calls++ % schedule.latencies.length]!
      const { elapsed } = this.#clock
      const application = this.#callers.applicationOf(request)
      const askedAt = elapsed()
      if (elapsed() < this.#downUntil) throw new TransportError('refused', { sent: false })
      const restarts = this.#restarts
      await this.#take(there)
      if (restarts < this.#restarts) throw new TransportError('reset', { sent: true })
      const [fault] = this.#faults
      if (fault !== undefined && (fault.endpoint === 'any' || request.path.includes(`${fault.endpoint}.xml`))) {
        if (++this.#faultCalls >= fault.calls) {
          this.#faults.shift()
          this.#faultCalls = 0
        }
        return goWrong(fault.kind, () => {
          const answer = pass()
          this.#log.note(request, application, answer.status, this.#backendTime(), true)
          return answer
        })
      }
      const foreign = this.#misroutes.answer(request, application, elapsed())
      if (foreign !== undefined) {
        await this.#take(back)
        if (restarts < this.#restarts) throw new TransportError('reset', { sent: true })
        return foreign
      }
      const at = this.#backendTime()
      const answer = pass()
      await this.#take(back)
      const lost = restarts < this.#restarts
      this.#log.note(request, application, answer.status, at, lost)
      if (lost) throw new TransportError('reset', { sent: true })
      this.#deletions.noteAnswer(request, answer)
      // Only questions of the ledger ask for the hierarchy, and only their answers prove a caller.
      const proves = answer.status === 200 && request.headers.some((text) => text.includes('hierarchy=1'))
      if (proves) this.#acceptance.proved(Callers.nameIn(request), askedAt)
      return answer
    }
  }

  async play(): Promise<string[]> {
    for (const [index, step] of this.#schedule.steps.entries()) {
      await this.#step(step)
      this.#check(`step ${index} (${step.do})`)
      if (this.#judge.problems.length > 0) return this.#judge.problems
    }
    await this.#end()
    return this.#judge.problems
  }

  async #take(ms: number): Promise<void> {
    if (ms > 0) await new Promise<void>((resolve) => this.#clock.schedule(resolve, ms))
  }

  async #step(step: Step): Promise<void> {
    const clock = this.#clock
    switch (step.do) {
      case 'ask':
        for (let i = 0; i < step.times; i++) this.#ask(step)
        return await clock.advance(0)
      case 'wait':
        return await clock.advance(step.ms)
      case 'window': {
        const { end } = windowOf(step.period, clock.now())
        // Waiting for months would only run timers.
        const goal = end + step.ms - clock.now()
        if (goal > 3 * 3_600_000) {
          await clock.advance(15_000)
          // No report may be under way for months.
          while (this.#sums.some(({ inFlight }) => inFlight > 0)) await clock.advance(1000)
          // Usage that gets too old is stamped anew, which this model does not follow.
          if (this.#sums.some(({ pending, ambiguous }) => pending + ambiguous > 0)) this.#judge.moved = true
          clock.skip(goal - 3_700_000)
        }
        return await clock.advance(Math.max(0, Math.min(goal, 3_600_000)))
      }
      case 'respond':
        for (const respond of this.#responding.splice(0)) respond()
        return
      case 'set-clock':
        // Without windows of a minute the backend's answers do not show that our stamps are too far ahead.
        if (
          this.#skewMs - step.ms < -MAX_AHEAD_MS &&
          !this.#schedule.limits.some(({ period }) => period === 'minute')
        ) {
          return
        }
        clock.set(step.ms)
        this.#acceptance.clockSet(clock.elapsed())
        this.#skewMs -= step.ms
        return
      case 'flush':
        void this.#world.reporter.flush()
        return await clock.advance(0)
      case 'restart':
        this.#restarts += 1
        this.#downUntil = clock.elapsed() + step.ms
        return
      case 'fault':
        this.#faults.push(step)
        return
      case 'misroute':
        this.#misroutes.begin(step, clock.elapsed())
        return
      default:
        this.#change(step)
    }
  }

  #ask({ application, key, usage, counts }: Extract<Step, { do: 'ask' }>): void {
    const credentials = this.#callers.credentials(application, key)
    const caller = Callers.nameOf(credentials)
    const text = JSON.stringify(usage)
    const known = this.#acceptance.isKnown(caller, text, this.#clock.elapsed())
    const request: OpenRequest = {
      application,
      caller,
      since: this.#time(),
      sinceElapsed: this.#clock.elapsed(),
      sinceAtBackend: this.#backendTime(),
      admitted: undefined,
    }
    this.#openRequests.add(request)
    const note = (outcome: Outcome) => {
      this.#openRequests.delete(request)
      request.admitted = outcome.outcome === 'allow'
      const atOnce = outcome === asked
      if (counts !== 'now' && outcome.outcome === 'allow') {
        this.#responding.push(() => this.#respond(application, usage, outcome, counts === 'predicted'))
      }
      if (counts === 'predicted') return
      if (this.#mustAccept(application, key)) {
        const foreignCodes = this.#misroutes.codes(application, request.sinceElapsed)
        this.#acceptance.answered({ caller, usage: text, outcome, known, atOnce, foreignCodes })
      }
      this.#note(request, key, usage, outcome)
      // A denial may rest on usage that is reserved while the backend is asked. So it is judged once all have answers.
      if (this.#openRequests.size === 0) for (const judge of this.#denials.splice(0)) judge()
    }
    const policy = { counts, responseCodes: counts !== 'now' }
    const asked = this.#world.ask(credentials, usage, policy)
    if (asked instanceof Promise) void asked.then(note)
    else note(asked)
  }

  #respond(application: number, usage: Usage, outcome: Outcome, after: boolean): void {
    this.#world.settle(outcome, 200, after ? usage : undefined)
    if (!after) return
    // Limits may be exceeded by what was under way.
    this.#judge.mayOvershoot.add(application)
    const stamp = this.#time()
    this.#judge.admitted.push({ application, usage, stamp, moments: [stamp] })
  }

  /** Whether the credentials are good at all times. */
  #mustAccept(application: number, key: number): boolean {
    const { kind } = this.#schedule
    return key !== WRONG && application !== HOSTILE && kind !== 'changes' && kind !== 'deletions'
  }

  #note({ application, since, sinceAtBackend }: OpenRequest, key: number, usage: Usage, outcome: Outcome): void {
    const time = this.#time()
    const now = this.#clock.elapsed()
    if (outcome instanceof AllowedDecision) {
      if (key === WRONG) this.#judge.problems.push('law 6: a wrong key was let in')
      // Not our stamp: an authrep carries none, and our clock may have been ahead of the backend's or behind.
      const counted = this.#log.takeCounted(application, usage)
      const stamp = counted ?? time
      // The backend's queue may carry it into the next window (decision 015).
      const late = counted === undefined ? [] : [counted + this.#schedule.lagMs]
      const reservedAt = counted === undefined ? undefined : since
      this.#judge.admit({ application, usage, stamp, moments: [since, time, stamp, ...late], reservedAt }, time, now)
      return
    }
    if (outcome.code !== 'limits_exceeded') return
    // After a correction the counts of some windows begin anew, on the safe side.
    const corrections = this.#world.troubles.filter((code) => code === 'THREESCALE_CLOCK_AHEAD').length
    if (corrections > this.#corrections) this.#judge.disturb(now)
    this.#corrections = corrections
    const times = [time, ...this.#log.refusals(application, sinceAtBackend)]
    const meanwhile = [...this.#openRequests].filter((request) => request.application === application)
    this.#denials.push(() => {
      // An authrep reserves usage until its answer, which may not come. Requests meanwhile do not wait for it.
      const freed = this.#schedule.hiding && meanwhile.some(({ admitted }) => admitted === false)
      if (!freed) this.#judge.deny({ application, usage, times, at: now }, this.#log.lost)
    })
  }

  get #applications(): readonly number[] {
    return applicationsOf(this.#schedule)
  }

  get #sums(): UsageSums[] {
    return Object.values(this.#world.ledger.sums())
  }

  #time(): number {
    return this.#world.ledger.service(this.#world.service.id).at(this.#clock.now())
  }

  #backendTime(): number {
    return this.#clock.now() + this.#skewMs
  }

  #check(where: string): void {
    const { written, held } = this.#journal.compare()
    for (const key of new Set([...Object.keys(written), ...Object.keys(held)])) {
      if (written[key] === held[key]) continue
      this.#judge.problems.push(`law 16: journal ${written[key]}, ledger ${held[key]} of ${key} after ${where}`)
    }
    for (const [metric, difference] of Object.entries(imbalance(this.#world.ledger))) {
      this.#judge.problems.push(`law 8: ${difference} of ${metric} unaccounted for after ${where}`)
    }
    if (this.#schedule.kind !== 'forged') return
    const plans = this.#applications.map((index) => {
      const plan = index === HOSTILE ? this.#schedule.forgery!.plan : 'Basic'
      return [storageKey(this.#callers.idOf(index)), [plan]] as const
    })
    this.#judge.problems.push(...findForged(this.#world.ledger.service(SERVICE), new Map(plans)))
  }

  #change(change: Change): void {
    if (change.do === 'foreign') {
      this.#report(change)
      return
    }
    if (change.do === 'forge') {
      this.#callers.forged = change.keys
      const state = structuredClone(this.#state)
      state.services[0]!.applications![HOSTILE] = hostileApplication(this.#schedule.forgery!, change.keys)
      this.#state = state
      this.#world.emulator.updateState(state)
      return
    }
    const judged = this.#schedule.kind === 'deletions'
    if (judged && !this.#deletions.mayHappen(change, this.#schedule, this.#world.ledger)) return
    const state = changeState(this.#state, change)
    if (state === undefined) return
    const now = this.#clock.elapsed()
    this.#judge.disturb(now)
    if (change.do === 'delete' || change.do === 'restore') {
      if (judged) this.#judge.deleted.add(change.application)
      else this.#judge.foreign = true
    }
    if (change.do.endsWith('metric')) {
      // Usage that is given up with its metric counts no more, so the parents of the metric have room again.
      if (judged) for (const index of this.#applications) this.#judge.mayOvershoot.add(index)
      else this.#judge.moved = true
    }
    this.#judge.changeLimits(state.services[0]!.plans![0]!.limits! as Limit[], now)
    this.#state = state
    this.#world.emulator.updateState(state)
  }

  /** A report of another client. */
  #report({ application, usage, set }: Extract<Change, { do: 'foreign' }>): void {
    this.#judge.foreign = true
    const amounts = Object.entries(usage).map(
      ([metric, amount]) => `&transactions[0][usage][${metric}]=${set ? '%23' : ''}${amount}`,
    )
    this.#world.emulator.handle({
      method: 'POST',
      target: '/transactions.xml',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `service_token=token&service_id=${SERVICE}&transactions[0][app_id]=a${application}${amounts.join('')}`,
    })
  }

  async #end(): Promise<void> {
    const { emulator, ledger, reporter, losses } = this.#world
    this.#faults.length = 0
    this.#misroutes.end()
    for (const respond of this.#responding.splice(0)) respond()
    await this.#clock.advance(5 * SETTLE_MS)
    const closing = reporter.close({ timeoutMs: 20_000 })
    await this.#clock.advance(25_000)
    const { undelivered } = await closing
    emulator.runJobs()
    emulator.runJobs({ all: true })
    this.#check('the end')
    const sums = ledger.sums()
    const ids = new Map(this.#applications.map((index) => [storageKey(this.#callers.idOf(index)), index]))
    for (const { applicationId } of losses) {
      if (ids.has(applicationId!)) continue
      this.#judge.problems.push(`law 8: ${applicationId} lost usage, and does not exist`)
    }
    const judges = (id: string | undefined) => !this.#judge.deleted.has(ids.get(id!)!)
    const dropped = emulator.calls().filter((call) => call.dropped !== undefined)
    // What was sent for an application that has vanished stays in doubt, and is told at the end.
    const doubtful = losses.filter(({ reason, applicationId }) => reason === 'ambiguous' && !judges(applicationId))
    const inDoubt = (metric: string) => doubtful.reduce((sum, { usage }) => sum + (usage[metric] ?? 0), 0)
    const left = Object.entries(undelivered).filter(([metric, amount]) => amount > inDoubt(metric))
    if (left.length > 0 && !this.#judge.moved && !this.#judge.foreign)
      this.#judge.problems.push(`undelivered: ${JSON.stringify(left)}`)
    const quiet = !this.#judge.foreign && !this.#judge.moved
    if (quiet && dropped.length > 0 && !this.#deletions.any)
      this.#judge.problems.push(`law 9: dropped ${JSON.stringify(dropped)}`)
    // What is given up because it is gone may have been counted before.
    const unsureOf = this.#deletions.any ? ['ambiguous', 'closed', 'metric_gone'] : ['ambiguous', 'closed']
    const suspected = losses.filter(({ kind, applicationId }) => kind === 'suspected' && judges(applicationId))
    // A metric that is deleted leaves the tree before its usage is given up, so its parents seem to miss that.
    if (quiet && suspected.length > 0 && !this.#deletions.ofMetric)
      this.#judge.problems.push(`suspected a loss: ${JSON.stringify(suspected)}`)
    for (const { name } of METRICS) {
      const admitted = this.#judge.admitted.reduce((sum, { usage }) => sum + (usage[name] ?? 0), 0)
      const said = sums[name]?.admitted ?? 0
      if (admitted !== said) this.#judge.problems.push(`law 8: ${admitted} of ${name} admitted, the sums say ${said}`)
    }
    if (!quiet) return
    const usage = emulator.usage()[SERVICE]!
    // The backend forgets the counts of a metric with the metric.
    const metrics = METRICS.map(({ name }) => name).filter((name) => !(this.#deletions.any && name === 'deep'))
    for (const [id, application] of ids) {
      if (this.#judge.deleted.has(application)) continue
      const { admitted } = this.#judge
      const givenUp = losses.filter(({ kind, applicationId }) => kind === 'given-up' && applicationId === id)
      const counted = (metric: string) => usage[this.#callers.idOf(application)]?.[metric]?.eternity ?? 0
      const final = { application, metrics, admitted, givenUp, unsureOf, lost: this.#log.lost, counted }
      this.#judge.problems.push(...judgeCounts(final))
    }
  }
}

function forgeriesOf({ forgery, steps }: Schedule): readonly Pick<Forgery, 'id' | 'keys'>[] {
  if (forgery === undefined) return []
  const { id, keys } = forgery
  return [{ id, keys }, ...steps.flatMap((step) => (step.do === 'forge' ? [{ id, keys: step.keys }] : []))]
}

function applicationsOf({ forgery }: Schedule): readonly number[] {
  return forgery === undefined ? [0, 1] : [0, 1, HOSTILE]
}

/** The applications that may overshoot from the beginning, because the backend is asked about each of their requests. */
function vagueApplications(schedule: Schedule): readonly number[] {
  const { room, lagMs, steps, forgery } = schedule
  if (room === 1) return applicationsOf(schedule)
  if (forgery === undefined) return []
  // The backend counts usage of an id with white space where no limit looks.
  if (storageKey(forgery.id) !== forgery.id) return [HOSTILE]
  const readable = forgeriesOf(schedule).every(isReadable)
  const late = steps.some((step) => step.do === 'ask' && step.application === HOSTILE && step.counts !== 'now')
  // What the backend counts at once is exact all the same.
  return readable || (lagMs === 0 && !late) ? [] : [HOSTILE]
}

function initialState({ version, limits, forgery }: Schedule): EmulatorState {
  const ownLimits = () => limits.map((limit) => ({ ...limit }))
  return {
    services: [
      {
        id: SERVICE,
        service_tokens: ['token'],
        backend_version: version,
        metrics: METRICS.map((metric, index) => ({ id: String(index + 1), ...metric })),
        plans: [
          { id: 'p1', name: 'Basic', limits: ownLimits() },
          { id: 'p2', name: forgery?.plan ?? 'Pro', limits: ownLimits() },
        ],
        applications: [
          applicationOf(0),
          applicationOf(1),
          ...(forgery === undefined ? [] : [hostileApplication(forgery, forgery.keys)]),
        ],
      },
    ],
  }
}
