/** A process of a simulated fleet: its clock, its network, and what its core does with the store. */
import type { Asked, Clock, StoredApplication, StoredBatch, UnbookedUsage, UsageShape } from '@threescale/core'
import { ServiceInRedis } from '../../../src/service/service-in-redis.ts'
import type { SharedApplication } from '../../../src/session/shared-application.ts'
import { readLayout } from '../plan-layout.ts'
import type { Backend } from './backend.ts'
import type { EventQueue } from './event-queue.ts'
import type { Server } from './server.ts'

/** What a simulated process lives in. */
export interface Surroundings {
  readonly queue: EventQueue
  readonly random: () => number
  readonly server: Server
  readonly backend: Backend
  readonly policy: 'deny' | 'last-known' | 'allow'
  readonly staleMs: number
  readonly skewMs: number
  readonly tellCounts: boolean
  /** Whether 3scale answers questions now, and what becomes of a report. */
  readonly questionFails: () => boolean
  readonly reportFate: () => 'acked' | 'back' | 'lost answer' | 'never counted'
  /** Told of usage that is given up. */
  readonly onGivenUp: (batch: StoredBatch) => void
  /** Told what a process that ends could not book. */
  readonly onLeft: (member: Member, unbooked: UnbookedUsage) => void
}

/** A request that the store has not answered yet, or too late for it. */
export interface Outstanding {
  readonly application: string
  readonly usage: UsageShape
  /** When it was answered by 'later'; undefined: it still waits. */
  overAt: number | undefined
}

/** How a request was answered, and whether by the policy, without the store. */
export interface MemberAnswer {
  readonly asked: Asked
  readonly alone: boolean
}

export class Member {
  readonly store: ServiceInRedis
  readonly outstanding: Set<Outstanding> = new Set()
  dead = false
  leaving = false
  /** It does nothing before. */
  frozenUntil = 0
  /** Its network is cut until then. */
  cutUntil = 0
  readonly #around: Surroundings
  readonly #applications = new Map<string, SharedApplication>()
  #reporting = false

  constructor(around: Surroundings) {
    this.#around = around
    const { server, random } = around
    const send = (command: string[]) =>
      new Promise<unknown>((resolve, reject) => {
        server
          .send(command, () => this.cutUntil)
          .then(
            (answer) => this.#awake(() => resolve(answer)),
            (error) => this.#awake(() => reject(error)),
          )
      })
    const clock = this.#clock()
    this.store = new ServiceInRedis(
      { send, prefix: '', partitions: 1, waitMs: 1500, defer: (task) => void clock.schedule(task, 0) },
      {
        service: '1',
        secret: 'secret',
        settings: {
          ttlMs: 10_000,
          staleMs: around.staleMs,
          denialTtlMs: 5000,
          settleMs: 60_000,
          intervalMs: 10_000,
          maxPending: 100_000,
          tellCounts: around.tellCounts,
        },
        clock,
        random,
        readLayout,
        refresh: (application) => this.#refresh(application),
        report: () => void this.#report(),
        tell: () => {},
      },
    )
  }

  ask(application: string, usage: UsageShape): MemberAnswer | Promise<MemberAnswer> {
    const shared = this.#application(application)
    const asked = this.store.ask(shared, usage, 'count')
    const { policy } = this.#around
    const answerOf = (answer: Asked): MemberAnswer =>
      answer.kind === 'later' && policy !== 'deny'
        ? { asked: this.store.askAlone(shared, usage, 'count', policy === 'allow'), alone: true }
        : { asked: answer, alone: false }
    if (!(asked instanceof Promise)) return answerOf(asked)
    const outstanding: Outstanding = { application, usage, overAt: undefined }
    this.outstanding.add(outstanding)
    return asked.then((answer) => {
      if (answer.kind !== 'later') this.outstanding.delete(outstanding)
      else outstanding.overAt = this.#around.queue.now
      return answerOf(answer)
    })
  }

  /** Ends in order. */
  async leave(): Promise<void> {
    this.leaving = true
    await this.#report()
    this.#around.onLeft(this, await this.store.close({ timeoutMs: 30_000 }))
  }

  #application(id: string): SharedApplication {
    let application = this.#applications.get(id)
    if (application === undefined) {
      application = this.store.application(id)
      this.#applications.set(id, application)
    }
    return application
  }

  /** Runs something as soon as the process is not paused; never once it is dead. */
  #awake(task: () => void): void {
    const { queue, random } = this.#around
    if (this.dead) return
    if (this.frozenUntil > queue.now) queue.after(this.frozenUntil - queue.now + random() * 5, () => this.#awake(task))
    else task()
  }

  /** Wrong, and a little too fast or slow. */
  #clock(): Clock {
    const { queue, random, skewMs } = this.#around
    const began = queue.now
    const offset = (random() - 0.5) * 2 * skewMs
    const rate = skewMs === 0 ? 1 : 1 + (random() - 0.5) * 1e-3
    const own = () => began + (queue.now - began) * rate + offset
    return {
      now: () => Math.floor(own()),
      elapsed: () => Math.floor(own() - began + 6e6),
      schedule: (task, delayMs) => {
        let cancelled = false
        queue.after(delayMs, () => this.#awake(() => cancelled || task()))
        return {
          cancel: () => {
            cancelled = true
          },
        }
      },
    }
  }

  #later(ms: number): Promise<void> {
    return new Promise((resolve) => this.#around.queue.after(ms, () => this.#awake(resolve)))
  }

  async #refresh(application: StoredApplication): Promise<void> {
    const { random, backend, queue, questionFails } = this.#around
    const asked = this.store.time()
    if (questionFails()) return
    await this.#later(random() * 60)
    const { layout, windows } = backend.authorize(application.id, queue.now)
    await this.#later(random() * (random() < 0.9 ? 60 : 3000))
    await this.store.apply(application as SharedApplication, { asked, layout: () => layout, windows })
  }

  async #report(): Promise<void> {
    if (this.#reporting) return
    this.#reporting = true
    for (;;) {
      const batch = await this.store.take()
      if (batch === undefined) break
      if (batch.isOrphaned) {
        await this.store.settle(batch, 'told')
        continue
      }
      if (await this.store.settle(batch, 'flight')) await this.#send(batch)
      if (!batch.more && !this.leaving) break
    }
    this.#reporting = false
  }

  async #send(batch: StoredBatch): Promise<void> {
    const { random, backend, queue, reportFate, onGivenUp } = this.#around
    const fate = reportFate()
    await this.#later(random() * 50)
    if (fate === 'back') {
      await this.store.settle(batch, 'back')
      return
    }
    if (fate === 'never counted') onGivenUp(batch)
    else backend.report(batch.rows, queue.now)
    if (fate === 'acked') {
      await this.#later(random() * (random() < 0.95 ? 50 : 3000))
      await this.store.settle(batch, 'acked')
      return
    }
    await this.#later(3000)
    await this.store.settle(batch, 'told')
  }
}
