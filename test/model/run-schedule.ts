/** Plays a schedule and returns everything that broke a law. */
import { createEmulator, type EmulatorState } from '@threescale/emulator'
import { AllowedDecision } from '../../packages/core/src/decision/allowed-decision.ts'
import type { Credentials } from '../../packages/core/src/domain/credentials.ts'
import { windowOf } from '../../packages/core/src/domain/period.ts'
import type { Usage } from '../../packages/core/src/domain/usage.ts'
import { TransportError } from '../../packages/core/src/errors.ts'
import type { UsageSums } from '../../packages/core/src/observe/stats.ts'
import { imbalance } from '../support/imbalance.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { MirrorJournal } from '../support/mirror-journal.ts'
import { createWorld, type Outcome, SERVICE, type World } from '../support/world.ts'
import { BackendLog } from './backend-log.ts'
import { applicationOf, changeState } from './change-state.ts'
import { Deletions } from './deletions.ts'
import { goWrong } from './faults.ts'
import { Judge, needOf, SETTLE_MS } from './judge.ts'
import { type Change, type Limit, METRICS, type Schedule, type Step } from './schedule.ts'

/** A request from its arrival until its answer. */
interface OpenRequest {
  readonly application: number
  /** By the service's time. */
  readonly since: number
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
    this.#judge = new Judge(schedule.limits, schedule.room === 1)
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
      cache: { maxApplications: schedule.room, limitMargin: schedule.limitMargin },
      policy: { onUnavailable: schedule.onUnavailable },
    })
    this.#journal = new MirrorJournal(this.#world.ledger)
    this.#world.fault = async (request, pass) => {
      const [there, back] = schedule.latencies[this.#calls++ % schedule.latencies.length]!
      const { elapsed } = this.#clock
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
          this.#log.note(request, answer.status, this.#backendTime(), true)
          return answer
        })
      }
      const at = this.#backendTime()
      const answer = pass()
      await this.#take(back)
      const lost = restarts < this.#restarts
      this.#log.note(request, answer.status, at, lost)
      if (lost) throw new TransportError('reset', { sent: true })
      this.#deletions.noteAnswer(request, answer)
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
      default:
        this.#change(step)
    }
  }

  #ask({ application, key, usage, counts }: Extract<Step, { do: 'ask' }>): void {
    const request: OpenRequest = {
      application,
      since: this.#time(),
      sinceAtBackend: this.#backendTime(),
      admitted: undefined,
    }
    this.#openRequests.add(request)
    const note = (outcome: Outcome) => {
      this.#openRequests.delete(request)
      request.admitted = outcome.outcome === 'allow'
      if (counts !== 'now' && outcome.outcome === 'allow') {
        this.#responding.push(() => this.#respond(application, usage, outcome, counts === 'predicted'))
      }
      if (counts === 'predicted') return
      this.#note(request, key, usage, outcome)
      // A denial may rest on usage that is reserved while the backend is asked. So it is judged once all have answers.
      if (this.#openRequests.size === 0) for (const judge of this.#denials.splice(0)) judge()
    }
    const policy = { counts, responseCodes: counts !== 'now' }
    const outcome = this.#world.ask(this.#credentials(application, key), usage, policy)
    if (outcome instanceof Promise) void outcome.then(note)
    else note(outcome)
  }

  #respond(application: number, usage: Usage, outcome: Outcome, after: boolean): void {
    this.#world.settle(outcome, 200, after ? usage : undefined)
    if (!after) return
    // Limits may be exceeded by what was under way.
    this.#judge.mayOvershoot = true
    const stamp = this.#time()
    this.#judge.admitted.push({ application, usage, stamp, moments: [stamp] })
  }

  #credentials(application: number, key: number): Credentials {
    // Key 2 is wrong; key 1 is removed and added.
    return this.#schedule.version === '1'
      ? { userKey: key === 2 ? 'wrong' : `u${application}` }
      : { appId: `a${application}`, appKey: key === 2 ? 'wrong' : `k${key}` }
  }

  #note({ application, since, sinceAtBackend }: OpenRequest, key: number, usage: Usage, outcome: Outcome): void {
    const time = this.#time()
    const now = this.#clock.elapsed()
    if (outcome instanceof AllowedDecision) {
      if (key === 2) this.#judge.problems.push('a wrong key was let in')
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
    const times = [time, ...this.#log.refusals(application, usage, sinceAtBackend)]
    const meanwhile = [...this.#openRequests].filter((request) => request.application === application)
    this.#denials.push(() => {
      // An authrep reserves usage until its answer, which may not come. Requests meanwhile do not wait for it.
      const freed = this.#schedule.limitMargin > 0 && meanwhile.some(({ admitted }) => admitted === false)
      if (!freed) this.#judge.deny({ application, usage, times, at: now }, this.#log.lost)
    })
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
  }

  #change(change: Change): void {
    if (change.do === 'foreign') {
      this.#report(change)
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
      if (judged) this.#judge.mayOvershoot = true
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
    for (const respond of this.#responding.splice(0)) respond()
    await this.#clock.advance(5 * SETTLE_MS)
    const closing = reporter.close({ timeoutMs: 20_000 })
    await this.#clock.advance(25_000)
    const { undelivered } = await closing
    emulator.runJobs()
    emulator.runJobs({ all: true })
    this.#check('the end')
    const sums = ledger.sums()
    const judges = (id: string | undefined) => !this.#judge.deleted.has(Number(id?.slice(1)))
    const dropped = emulator.calls().filter((call) => call.dropped !== undefined)
    const left = Object.entries(undelivered)
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
    const judged = [0, 1].filter((index) => !this.#judge.deleted.has(index))
    const lost = losses.filter(({ kind, applicationId }) => kind === 'given-up' && judges(applicationId))
    // The backend forgets the counts of a metric with the metric.
    for (const { name } of METRICS.filter(({ name }) => !(this.#deletions.any && name === 'deep'))) {
      const counted = judged.reduce((sum, index) => sum + (usage[`a${index}`]?.[name]?.eternity ?? 0), 0)
      const due = this.#judge.admitted
        .filter(({ application }) => judged.includes(application))
        .reduce((sum, { usage }) => sum + needOf(usage, name), 0)
      const givenUp = lost.reduce((sum, { usage }) => sum + needOf(usage, name), 0)
      const unsure = lost
        .filter(({ reason }) => unsureOf.includes(reason))
        .reduce((sum, { usage }) => sum + needOf(usage, name), 0)
      // An authrep whose answer is lost is counted, though its usage is not admitted.
      const { room, limitMargin } = this.#schedule
      const max = room === 1 || limitMargin > 0 ? Number.POSITIVE_INFINITY : due - givenUp + unsure
      if (counted < due - givenUp || counted > max) {
        this.#judge.problems.push(`law 8: the backend counted ${counted} of ${name}; ${due} due, ${givenUp} given up`)
      }
    }
  }
}

function initialState({ version, limits }: Schedule): EmulatorState {
  return {
    services: [
      {
        id: SERVICE,
        service_tokens: ['token'],
        backend_version: version,
        metrics: METRICS.map((metric, index) => ({ id: String(index + 1), ...metric })),
        plans: [{ id: 'p1', name: 'Basic', limits: limits.map((limit) => ({ ...limit })) }],
        applications: [applicationOf(0), applicationOf(1)],
      },
    ],
  }
}
